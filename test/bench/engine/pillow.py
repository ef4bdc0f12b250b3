"""A JPEG to anyres tiles with Pillow, as the reference does it: the opponent of `npm run bench -- engine`. Prints one JSON line:
CPU milliseconds of the fastest of 30 rounds, and SHA-256 of the tiles, planes of bytes.
    pillow.py FILE.jpg        a 640 x 480 image: 336 x 336, and 672 x 504 centred on 672 x 672 in four
"""
import hashlib
import json
import sys
import time

import PIL
from PIL import Image


def tiles(path):
    image = Image.open(path).convert("RGB")
    base = image.resize((336, 336), Image.BICUBIC)
    canvas = Image.new("RGB", (672, 672))
    canvas.paste(image.resize((672, 504), Image.BICUBIC), (0, 84))
    return [base, *(canvas.crop((x, y, x + 336, y + 336)) for y in (0, 336) for x in (0, 336))]


least = 1e9
for _ in range(30):
    start = time.process_time()
    made = tiles(sys.argv[1])
    least = min(least, time.process_time() - start)
planes = b"".join(channel.tobytes() for tile in made for channel in tile.split())
print(json.dumps({"name": f"Pillow {PIL.__version__}", "value": least * 1e3, "unit": "CPU ms", "detail": hashlib.sha256(planes).hexdigest()}))
