"""Writes src/test/resources/golden/pictures: one small scene as cameras, phones and editors save it.

The scene is 24 x 16 pixels, a colour a quarter: red and green above, blue and grey below. `expected.json` says for each file
the sRGB colours (0 to 255) that Pillow finds in the middle of the quarters, once it has turned the picture as its EXIF
orientation says, converted its colour profile, and laid it over white; or null for a file that has to be refused.

    python tools/golden/make_pictures.py --profile ClayRGB1998.icc

The profile, compatible with Adobe RGB (1998), is in TwelveMonkeys' imageio-core jar, as profiles/ClayRGB1998.icc.
"""

import argparse
import io
import json
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

COLOURS = [(200, 40, 50), (40, 180, 70), (50, 80, 210), (128, 128, 128)]
CORNERS = [(6, 4), (18, 4), (6, 12), (18, 12)]
ORIENTATION = 0x0112
STORED = {  # what undoes the turn that each orientation asks for
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene() -> Image.Image:
    image = Image.new("RGB", (24, 16))
    for i, colour in enumerate(COLOURS):
        image.paste(colour, (i % 2 * 12, i // 2 * 8, i % 2 * 12 + 12, i // 2 * 8 + 8))
    return image


def shown(path: Path) -> Image.Image:
    image = ImageOps.exif_transpose(Image.open(path))
    profile = image.info.get("icc_profile")
    if image.mode == "I;16":
        return image.point(lambda level: level / 257).convert("L").convert("RGB")
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image.convert("RGB"), source, target, outputMode="RGB")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), rgba).convert("RGB")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("src/test/resources/golden/pictures"))
    options = parser.parse_args()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    image, grey = scene(), scene().convert("L")
    best = {"quality": 100, "subsampling": 0}

    for orientation, turn in STORED.items():
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        stored = image if turn is None else image.transpose(turn)
        stored.save(out / f"orientation-{orientation}.jpg", exif=exif, **best)
        if orientation in (3, 6):
            stored.save(out / f"orientation-{orientation}.png", exif=exif)
            stored.save(out / f"orientation-{orientation}.webp", exif=exif, lossless=True)
            stored.save(out / f"orientation-{orientation}.tif", exif=exif)

    wide = ImageCms.ImageCmsProfile(str(options.profile))
    in_wide = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), wide, outputMode="RGB")
    profile = wide.tobytes()
    in_wide.save(out / "profile.jpg", icc_profile=profile, **best)
    in_wide.save(out / "profile.png", icc_profile=profile)
    in_wide.save(out / "profile.tif", icc_profile=profile)
    in_wide.save(out / "profile.webp", icc_profile=profile, lossless=True)
    in_wide.quantize(4).save(out / "profile-indexed.png", icc_profile=profile)

    grey.save(out / "grey.png")
    grey.save(out / "grey.jpg", **best)
    grey.save(out / "grey.tif")
    sixteen = Image.frombytes("I;16", grey.size, b"".join(bytes((v, v)) for v in grey.tobytes()))
    sixteen.save(out / "grey-16.png")
    sixteen.save(out / "grey-16.tif")
    translucent = grey.convert("LA")
    translucent.putalpha(128)
    translucent.save(out / "grey-alpha.png")
    image.quantize(4).save(out / "indexed.png")
    image.quantize(4).save(out / "indexed.bmp")
    image.quantize(4).save(out / "indexed.tif")
    image.quantize(4).save(out / "indexed-transparent.png", transparency=1)
    image.save(out / "key-transparent.png", transparency=COLOURS[1])
    grey.point(lambda v: 255 if v > 100 else 0).convert("1").save(out / "one-bit.png")
    rgba = image.convert("RGBA")
    rgba.putalpha(100)
    rgba.save(out / "alpha.png")
    rgba.save(out / "alpha.tif")
    rgba.save(out / "alpha.webp", lossless=True)
    image.save(out / "colours.bmp")
    image.save(out / "lzw.tif", compression="tiff_lzw")
    image.save(out / "jpeg.tif", compression="jpeg", quality=100)
    image.save(out / "lossy.webp", quality=100)
    image.save(out / "progressive.jpg", progressive=True, **best)
    image.convert("CMYK").save(out / "cmyk.jpg", **best)
    image.convert("CMYK").save(out / "cmyk.tif")

    expected = {
        path.name: [shown(path).getpixel(corner) for corner in CORNERS]
        for path in sorted(out.iterdir())
        if path.suffix != ".json"
    }
    other = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image.save(out / "animated.webp", save_all=True, append_images=[other])
    image.save(out / "animated.png", save_all=True, append_images=[other])
    image.save(out / "pages.tif", save_all=True, append_images=[other])
    image.save(out / "picture.gif")
    grey.convert("F").save(out / "floating.tif")
    for name in ("animated.webp", "animated.png", "pages.tif", "picture.gif", "floating.tif"):
        expected[name] = None
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
