"""Pictures that the model was not trained on, made of held-out ones: each moved, made smaller, in other light and other
colours; and a face drawn of circles. IN: a folder of PNGs (render.py --pictures); OUT/NAME-shifted.png and so on.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance


def shifted(picture: Image.Image, by: int) -> Image.Image:
    """Down by so many pixels; the topmost row goes on above."""
    result = picture.copy()
    result.paste(picture, (0, by))
    result.paste(picture.crop((0, 0, picture.width, 1)).resize((picture.width, by)), (0, 0))
    return result


def smaller(picture: Image.Image, share: float) -> Image.Image:
    side = round(picture.width * share)
    result = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    corner = (picture.width - side) // 2
    result.paste(picture.resize((side, side), Image.Resampling.LANCZOS), (corner, corner))
    return result


def drawn(side: int) -> Image.Image:
    """A face of circles, drawn at eight times its size."""
    scale = 8 * side / 64
    result = Image.new("RGB", (8 * side, 8 * side), "white")
    draw = ImageDraw.Draw(result)

    def ellipse(x: float, y: float, rx: float, ry: float, colour: str) -> None:
        draw.ellipse([scale * (x - rx), scale * (y - ry), scale * (x + rx), scale * (y + ry)], fill=colour)

    ellipse(32, 34, 19, 23, "#e8b48c")
    for x in (24, 40):
        ellipse(x, 29, 3, 3, "black")
    ellipse(32, 46, 8, 2.5, "#b03030")
    return result.resize((side, side), Image.Resampling.LANCZOS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, metavar="IN")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--count", type=int, default=4, help="of the pictures, by name")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    files = sorted(options.pictures.glob("*.png"))[: options.count]
    for file in files:
        picture = Image.open(file).convert("RGB")
        red, green, blue = picture.split()
        variants = {
            "shifted": shifted(picture, picture.height // 8),
            "smaller": smaller(picture, 0.75),
            "dark": ImageEnhance.Brightness(picture).enhance(0.5),
            "colours": Image.merge("RGB", (blue, red, green)),
        }
        for name, variant in variants.items():
            variant.save(options.out / f"{file.stem}-{name}.png")
    drawn(64).save(options.out / "drawn.png")


if __name__ == "__main__":
    main()
