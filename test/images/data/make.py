"""Writes the images and pillow.json beside it. Run with Pillow 9.4 (Debian: python3-pil)."""
import hashlib, json, os, io
from PIL import Image, ImageFile
out = os.path.dirname(os.path.abspath(__file__))
def pattern(w, h):
    im = Image.new("RGB", (w, h))
    im.putdata([((7*x+13*y) & 255, (x*y >> 3) & 255, (5*((x ^ y) & 31) + 29) & 255) for y in range(h) for x in range(w)])
    return im
rgb = pattern(37, 23)
files = {}
def save(name, im, **kw):
    im.save(os.path.join(out, name), **kw); files[name] = None
save("rgb.png", rgb)
save("rgba.png", Image.merge("RGBA", (*rgb.split(), rgb.split()[0])))
save("grey.png", rgb.convert("L"))
save("grey-alpha.png", Image.merge("LA", (rgb.convert("L"), rgb.split()[0])))
save("one-bit.png", rgb.convert("1"))
save("palette.png", rgb.convert("P", palette=Image.ADAPTIVE, colors=17))
p = rgb.convert("P", palette=Image.ADAPTIVE, colors=9); save("palette-transparent.png", p, transparency=3)
i = Image.new("I", (17, 9)); i.putdata([(x*97) % 1200 for x in range(17*9)]); save("grey16.png", i)
save("444.jpg", rgb, quality=90, subsampling=0)
save("420.jpg", rgb, quality=75, subsampling=2)
save("progressive.jpg", rgb, quality=60, progressive=True)
save("grey.jpg", rgb.convert("L"), quality=80)
save("cmyk.jpg", rgb.convert("CMYK"), quality=85)
exif = Image.Exif(); exif[0x0112] = 6
save("rotated.jpg", rgb, quality=90, exif=exif)
save("rgb.webp", rgb, lossless=True)
save("lossy.webp", rgb, quality=70)
save("palette.gif", rgb.convert("P", palette=Image.ADAPTIVE, colors=33))
save("animated.gif", rgb.convert("P"), save_all=True, append_images=[rgb.rotate(90).convert("P")])
save("lzw.tiff", rgb, compression="tiff_lzw")
save("24.bmp", rgb)
save("32.bmp", Image.merge("RGBA", (*rgb.split(), rgb.split()[0])))
save("8.bmp", rgb.convert("P", palette=Image.ADAPTIVE, colors=21))
save("grey.bmp", rgb.convert("L"))
save("1.bmp", rgb.convert("1"))
full = open(os.path.join(out, "420.jpg"), "rb").read()
big = pattern(160, 120); b = io.BytesIO(); big.save(b, "JPEG", quality=80); d = b.getvalue()
open(os.path.join(out, "truncated.jpg"), "wb").write(d[: len(d) * 2 // 3])
for extra in ("display-p3.jpg", "rgb16.png"): files[extra] = None
digests = {}
for name in files:
    im = Image.open(os.path.join(out, name)).convert("RGB")
    digests[name] = {"width": im.width, "height": im.height, "sha256": hashlib.sha256(im.tobytes()).hexdigest()}
ImageFile.LOAD_TRUNCATED_IMAGES = True
im = Image.open(os.path.join(out, "truncated.jpg")).convert("RGB")
digests["truncated.jpg"] = {"width": im.width, "height": im.height, "sha256": hashlib.sha256(im.tobytes()).hexdigest()}
with open(os.path.join(out, "pillow.json"), "w") as file:
    file.write(json.dumps(digests, indent=2) + "\n")
