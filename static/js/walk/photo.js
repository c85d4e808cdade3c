// Shrinks a photo on the phone. What it was taken with, when and where is gone: only pixels are kept.

const LONGEST_PX = 1600;
const QUALITY = 0.72;
const BLACK = "#0b0c0c";

/** Width and height in pixels that fit, never larger than they were. */
export function fitted(width, height, longest = LONGEST_PX) {
  const scale = Math.min(1, longest / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A box from two opposite corners, within the picture: {x, y, width, height} in pixels. */
export function boxOf([x1, y1], [x2, y2], { width, height }) {
  const within = (value, most) => Math.min(Math.max(Math.round(value), 0), most);
  const [left, right] = [within(Math.min(x1, x2), width), within(Math.max(x1, x2), width)];
  const [top, bottom] = [within(Math.min(y1, y2), height), within(Math.max(y1, y2), height)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** A picture file as a canvas of the size that is sent, the right way up. Rejects for no picture. */
export async function asCanvas(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const canvas = Object.assign(document.createElement("canvas"), fitted(picture.width, picture.height));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas;
}

/** Paint boxes into the picture itself: what is under them is nowhere any more. */
export function blackOut(canvas, boxes) {
  const context = canvas.getContext("2d");
  context.fillStyle = BLACK;
  boxes.forEach(({ x, y, width, height }) => context.fillRect(x, y, width, height));
}

/** The canvas as JPEG in an ArrayBuffer: Safari loses Blobs that are kept. */
export async function asJpeg(canvas) {
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  return blob.arrayBuffer();
}
