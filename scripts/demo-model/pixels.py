"""anyres preprocessing as the converted LLaVA-NeXT layout defines it: Pillow bicubic, tiles of 32 pixels, patches of 16."""
import math

import numpy as np
from PIL import Image

TILE, PATCH = 32, 16
SIDE = TILE // PATCH
# (height, width), the published list of LLaVA-NeXT scaled to this tile.
PINPOINTS = [(32, 64), (64, 32), (64, 64), (96, 32), (32, 96)]
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def canvas_of(width, height):
    """The (width, height) of the canvas: most pixels kept, then least waste, then the earlier entry."""
    best, best_key = None, None
    for h, w in PINPOINTS:
        s = min(w / width, h / height)
        kept = min(int(width * s) * int(height * s), width * height)
        key = (kept, -(w * h - kept))
        if best_key is None or key > best_key:
            best, best_key = (w, h), key
    return best


def placed(width, height, canvas):
    """Where the image lies on the canvas: x, y, new width, new height."""
    W, H = canvas
    sw, sh = W / width, H / height
    if sw < sh:
        nw, nh = W, min(math.ceil(height * sw), H)
    else:
        nw, nh = min(math.ceil(width * sh), W), H
    return (W - nw) // 2, (H - nh) // 2, nw, nh


def tiles_of(rgb, width, height):
    """uint8 [tiles, 32, 32, 3]; tile 0 is the whole image squeezed."""
    image = Image.frombytes("RGB", (width, height), rgb)
    canvas = canvas_of(width, height)
    x, y, nw, nh = placed(width, height, canvas)
    paper = Image.new("RGB", canvas, (0, 0, 0))
    paper.paste(image.resize((nw, nh), Image.BICUBIC), (x, y))
    out = [np.asarray(image.resize((TILE, TILE), Image.BICUBIC))]
    pixels = np.asarray(paper)
    for top in range(0, canvas[1], TILE):
        for left in range(0, canvas[0], TILE):
            out.append(pixels[top:top + TILE, left:left + TILE])
    return np.stack(out)


def boxes_on_tiles(boxes, width, height):
    """Boxes [n, 4] of the image in each tile's own pixels: [tiles, n, 4] (they may lie outside the tile)."""
    canvas = canvas_of(width, height)
    x, y, nw, nh = placed(width, height, canvas)
    boxes = np.asarray(boxes, np.float32)
    base = boxes * np.array([TILE / width, TILE / height] * 2, np.float32)
    on = boxes * np.array([nw / width, nh / height] * 2, np.float32) + np.array([x, y, x, y], np.float32)
    out = [base]
    for top in range(0, canvas[1], TILE):
        for left in range(0, canvas[0], TILE):
            out.append(on - np.array([left, top, left, top], np.float32))
    return np.stack(out)


def pack_order(width, height):
    """For every packed image token: its index in [tiles * 16] patches, or -1 for the newline vector."""
    W, H = canvas_of(width, height)
    columns, rows = W // PATCH, H // PATCH
    order = list(range(SIDE * SIDE))
    if width / height > columns / rows:
        new = int(height * (columns / width))
        skip, x0, x1 = (rows - new) // 2, 0, columns
        y0, y1 = skip, rows - skip
    else:
        new = int(width * (rows / height))
        skip, y0, y1 = (columns - new) // 2, 0, rows
        x0, x1 = skip, columns - skip
    per_row = W // TILE
    for r in range(y0, y1):
        for c in range(x0, x1):
            tile = 1 + (r // SIDE) * per_row + c // SIDE
            order.append(tile * SIDE * SIDE + (r % SIDE) * SIDE + c % SIDE)
        order.append(-1)
    return order


def normalise(tiles):
    """float32 [..., 3, 32, 32] from uint8 [..., 32, 32, 3]."""
    x = (tiles.astype(np.float64) * (1 / 255)).astype(np.float32)
    return np.moveaxis((x - MEAN) / STD, -1, -3)
