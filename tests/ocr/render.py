"""Draws pages of text: render.py <folder of fonts> <photograph> <folder to write to>.

Writes page_<n>.jpg and pages.json: what each line says, where, and what it was drawn with. The
same bytes every time.
"""

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 720, 1280
QUALITY = 88
SIZES = [18, 24, 32, 44, 60, 84]
STYLES = ["plain", "outlined", "shadowed", "boxed"]
BACKGROUNDS = ["light", "dark", "photograph"]
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")

TEXTS = {
    "English": [
        ["POV: you try parkour once", "Wait for it...", "3 easy steps, 10 minutes", "Nobody talks about this"],
        ["Follow me for part 2!", "Use code SAVE20 today", "Link in bio @jump_crew", "What I eat in a day"],
        ["Only $9.99 until Friday", "Day 14 of learning guitar", "Honestly? Not worth it.", "Get ready with me"],
        ["Stop doing this!", "Before & after: 30 days", "My top 5 picks", "How it started"],
        ["Best coffee ever", "Watch till the end", "You won't believe", "Rate it 1-10"],
        ["Part 2", "HELLO!", "50% OFF", "So good"],
    ],
    "Spanish": [
        ["¿Quién más lo haría? Déjame un like", "Receta fácil: pan de plátano", "Así empezó todo aquel día"],
        ["Sígueme para más vídeos", "Nunca comí algo así", "El mejor café de España"],
        ["Mañana sale la 2ª parte", "¡No te lo pierdas!", "Cómo ahorré 500 €"],
        ["¿Cuánto costó?", "Más rápido aún", "Día número 7"],
        ["Qué emoción", "¡Sorpresa!", "Adiós, niño"],
        ["¡Vámonos!", "Sí o no", "Año 2026"],
    ],
    "other Latin": [
        ["Wie schön ist das denn, Jürgen?", "Où est passée la crème brûlée ?", "Você já viu essa promoção?"],
        ["Größe spielt keine Rolle", "Ça m'a coûté très cher", "Não perca: só até amanhã"],
        ["Für dich, heute nur 5 €", "J'ai testé à Noël", "Ação, emoção e café"],
        ["Über 100 Rezepte", "Très élégant", "Tudo grátis já"],
        ["Schöne Grüße", "À bientôt", "Até breve"],
        ["Übung 1", "Été 2025", "São Paulo"],
    ],
    "Chinese": [
        ["今天教大家做一道家常菜", "第一次来成都应该吃什么", "三分钟学会这个小技巧"],
        ["关注我，下期更精彩", "这个价格真的太便宜了", "周末去哪里玩？"],
        ["点赞收藏不迷路", "好吃到停不下来", "新手必看教程"],
        ["限时优惠99元", "真的很好喝", "早安，北京"],
        ["马上开始", "你敢信吗", "生日快乐"],
        ["第2集", "加油！", "好看"],
    ],
}
# Typefaces by name: file, and which languages they have letters for.
LATIN = ["English", "Spanish", "other Latin"]
TYPEFACES = {
    "DejaVu Sans Bold": (DEJAVU / "DejaVuSans-Bold.ttf", LATIN),
    "DejaVu Serif": (DEJAVU / "DejaVuSerif.ttf", LATIN),
    "Comfortaa Bold": ("usr/share/fonts/truetype/comfortaa/Comfortaa-Bold.ttf", LATIN),
    "Lobster": ("usr/share/fonts/opentype/lobster/lobster.otf", LATIN),
    "Bebas Neue": ("usr/share/fonts/opentype/bebas-neue/BebasNeue-Bold.otf", LATIN),
    "Humor Sans": ("usr/share/fonts/truetype/humor-sans/Humor-Sans.ttf", ["English"]),
    "WenQuanYi Micro Hei": ("usr/share/fonts/truetype/wqy/wqy-microhei.ttc", ["Chinese"]),
}
# These draw small letters as capitals.
CAPITALS = {"Bebas Neue", "Humor Sans"}


def backdrop(kind, photograph):
    if kind == "photograph":
        return photograph.copy()
    top, bottom = ((250, 244, 236), (214, 224, 238)) if kind == "light" else ((24, 22, 30), (52, 40, 66))
    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        share = y / (HEIGHT - 1)
        column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom)))
    return column.resize((WIDTH, HEIGHT))


def draw_line(page, text, font, style, background, top):
    """Draws one line in the middle and returns its edges."""
    dark_ink = background == "light" and style != "boxed"
    ink, contrast = ((20, 20, 20), (255, 255, 255)) if dark_ink else ((255, 255, 255), (0, 0, 0))
    size = font.size
    stroke = max(1, size // 12) if style == "outlined" else 0
    draw = ImageDraw.Draw(page)
    left, upper, right, lower = draw.textbbox((0, 0), text, font=font, stroke_width=stroke)
    x, y = (WIDTH - (right - left)) // 2 - left, top - upper
    edges = [x + left, y + upper, x + right, y + lower]
    margin = max(4, size // 4)
    if style == "boxed":
        box = [edges[0] - margin, edges[1] - margin, edges[2] + margin, edges[3] + margin]
        draw.rounded_rectangle(box, radius=margin, fill=(225, 35, 80))
    if style == "shadowed":
        shadow = Image.new("L", page.size, 0)
        offset = max(1, size // 16)
        ImageDraw.Draw(shadow).text((x + offset, y + offset), text, font=font, fill=200)
        page.paste(contrast, mask=shadow.filter(ImageFilter.GaussianBlur(max(1, size / 20))))
        draw = ImageDraw.Draw(page)
    draw.text((x, y), text, font=font, fill=ink, stroke_width=stroke, stroke_fill=contrast)
    return edges


def fitting(path, size, text, style):
    """The font at this size, or the largest below that keeps the line inside the page."""
    while True:
        font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        if font.getlength(text) <= WIDTH - 60:
            return font
        size -= 2


def main():
    fonts, photograph, folder = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    with Image.open(photograph) as opened:
        # The part without writing in it, as 9:16.
        photo = opened.convert("RGB").crop((0, 60, 540, 1020)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    pages = []
    plan = [
        (typeface, language, turn)
        for typeface, (_, languages) in TYPEFACES.items()
        for language in languages
        for turn in range({"English": 2, "Spanish": 1, "other Latin": 1, "Chinese": 4}[language])
    ]
    for number, (typeface, language, turn) in enumerate(plan):
        # Five and twelve have no common factor: every style meets every background.
        mixture = 5 * number % (len(STYLES) * len(BACKGROUNDS))
        style, background = STYLES[mixture % len(STYLES)], BACKGROUNDS[mixture // len(STYLES)]
        page = backdrop(background, photo)
        path = fonts / TYPEFACES[typeface][0]
        lines, top = [], 90
        for row, size in enumerate(SIZES):
            choices = TEXTS[language][row]
            text = choices[(number + turn) % len(choices)]
            if typeface in CAPITALS:
                text = text.upper()
            font = fitting(path, size, text, style)
            left, upper, right, lower = draw_line(page, text, font, style, background, top)
            pad = font.size * 0.4
            traits = {
                "size": f"{size:02} px",
                "typeface": typeface,
                "style": style,
                "background": background,
                "script": language,
            }
            lines.append({"text": text, "box": [left - pad, upper - pad, right + pad, lower + pad], "traits": traits})
            top = lower + 70 + size
        name = f"page_{number:02}.jpg"
        page.save(folder / name, quality=QUALITY, subsampling=2)
        pages.append({"file": name, "lines": lines})
    (folder / "pages.json").write_text(json.dumps(pages, ensure_ascii=False, indent=1))


main()
