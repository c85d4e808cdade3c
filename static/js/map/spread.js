// Keeps pins and clusters far enough apart on the screen to be pressed (WCAG 2.2, 2.5.8). Pixels.

const PIN = { dx: 32, dy: 36 }; // pins of 36 by 44 keep a clear part of 28 by 28
const CLUSTER_APART = 50;
const DIRECTIONS = 12;
const RINGS = [1, 1.5, 2];

/** Groups of indices of pins that would lie on top of one another, in their order. */
export function stacks(points) {
  const groups = [];
  points.forEach(({ x, y }, index) => {
    const group = groups.find(({ at }) => Math.abs(at.x - x) < PIN.dx && Math.abs(at.y - y) < PIN.dy);
    if (group) group.members.push(index);
    else groups.push({ at: { x, y }, members: [index] });
  });
  return groups.map(({ members }) => members);
}

/**
 * Clusters and points [{x, y, count, …}] that stay clear of one another and of the pins: those too
 * near together become one, one too near a pin moves to the nearest free spot. Counts are kept.
 */
export function clear(items, pins) {
  const kept = [];
  for (const item of [...items].sort((a, b) => b.count - a.count)) {
    const near = nearest(item, kept);
    if (near) {
      near.count += item.count;
      near.merged = true;
      continue;
    }
    const spot = free(item, pins, kept);
    if (spot) kept.push({ ...item, ...spot, moved: spot.x !== item.x || spot.y !== item.y });
    else if (kept.length) joinClosest(item, kept);
    else kept.push({ ...item });
  }
  return kept;
}

/** Points all over a box, near enough together that nothing fits between: a control on the map. */
export function filling({ left, top, width, height }) {
  const steps = (length) => Math.max(1, Math.ceil(length / CLUSTER_APART));
  const [columns, rows] = [steps(width), steps(height)];
  return Array.from({ length: columns * rows }, (_, index) => ({
    x: left + (width * (0.5 + (index % columns))) / columns,
    y: top + (height * (0.5 + Math.floor(index / columns))) / rows,
  }));
}

const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const nearest = (item, kept) => kept.find((other) => apart(item, other) < CLUSTER_APART);

function free(item, pins, kept) {
  const open = (spot) => [...pins, ...kept].every((other) => apart(spot, other) >= CLUSTER_APART);
  if (open(item)) return { x: item.x, y: item.y };
  for (const ring of RINGS) {
    for (let step = 0; step < DIRECTIONS; step += 1) {
      const angle = (2 * Math.PI * step) / DIRECTIONS;
      const spot = {
        x: item.x + Math.cos(angle) * ring * CLUSTER_APART, y: item.y + Math.sin(angle) * ring * CLUSTER_APART,
      };
      if (open(spot)) return spot;
    }
  }
  return null;
}

function joinClosest(item, kept) {
  const closest = kept.reduce((best, other) => (apart(item, other) < apart(item, best) ? other : best));
  closest.count += item.count;
  closest.merged = true;
}
