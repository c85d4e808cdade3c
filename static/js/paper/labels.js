// Where the numbers of places go on a map that nobody can zoom: near their place, never over another.

const DIRECTIONS = 16;
const STEP = 7; // pixels from one ring of spots to the next
const RINGS = 26;

const over = (a, b) => Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height;

/** For boxes {x, y, width, height} around their places: the middles at which none covers another. */
export function spread(boxes, inside) {
  const kept = [];
  for (const box of boxes) kept.push(free(box, kept, inside));
  return kept.map(({ x, y }) => ({ x, y }));
}

function free(box, kept, inside) {
  const fits = (spot) => kept.every((other) => !over(spot, other)) && within(spot, inside);
  if (fits(box)) return box;
  for (let ring = 1; ring <= RINGS; ring += 1) {
    for (let turn = 0; turn < DIRECTIONS; turn += 1) {
      const angle = (2 * Math.PI * turn) / DIRECTIONS;
      const spot = { ...box, x: box.x + Math.cos(angle) * ring * STEP, y: box.y + Math.sin(angle) * ring * STEP };
      if (fits(spot)) return spot;
    }
  }
  return box;
}

function within({ x, y, width, height }, inside) {
  if (!inside) return true;
  return x >= width / 2 && y >= height / 2 && x <= inside.x - width / 2 && y <= inside.y - height / 2;
}
