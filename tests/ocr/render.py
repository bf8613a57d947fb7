"""Draws pages of text: render.py <folder of fonts> <photograph> <folder to write to>.

Writes page_<n>.jpg and pages.json: what each line says, where, and what it was drawn with. The
same bytes every time. An emoji behind a line is no part of what it says.
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
TRUETYPE, OPENTYPE = "usr/share/fonts/truetype", "usr/share/fonts/opentype"
TYPEFACES = {
    "DejaVu Sans Bold (sans)": (DEJAVU / "DejaVuSans-Bold.ttf", LATIN),
    "Lato Black (sans, heavy)": (f"{TRUETYPE}/lato/Lato-Black.ttf", LATIN),
    "Open Sans (sans, regular)": (f"{TRUETYPE}/open-sans/OpenSans-Regular.ttf", LATIN),
    "DejaVu Serif (serif)": (DEJAVU / "DejaVuSerif.ttf", LATIN),
    "EB Garamond (serif, thin)": (f"{OPENTYPE}/ebgaramond/EBGaramond12-Regular.otf", LATIN),
    "JetBrains Mono Bold (typewriter)": (f"{TRUETYPE}/jetbrains-mono/JetBrainsMono-Bold.ttf", LATIN),
    "Comfortaa Bold (rounded)": (f"{TRUETYPE}/comfortaa/Comfortaa-Bold.ttf", LATIN),
    "Comic Neue Bold (comic)": (f"{OPENTYPE}/comic-neue/ComicNeue-Bold.otf", LATIN),
    "Lobster (brush script)": (f"{OPENTYPE}/lobster/lobster.otf", LATIN),
    "Dancing Script (handwriting)": (f"{OPENTYPE}/dancingscript/DancingScript-Regular.otf", LATIN),
    "Bebas Neue (condensed capitals)": (f"{OPENTYPE}/bebas-neue/BebasNeue-Bold.otf", LATIN),
    "Humor Sans (hand-drawn capitals)": (f"{TRUETYPE}/humor-sans/Humor-Sans.ttf", ["English"]),
    "WenQuanYi Micro Hei (Chinese sans)": (f"{TRUETYPE}/wqy/wqy-microhei.ttc", ["Chinese"]),
    "AR PL UKai (Chinese brush)": (f"{TRUETYPE}/arphic/ukai.ttc", ["Chinese"]),
}
# These draw small letters as capitals.
CAPITALS = {"Bebas Neue (condensed capitals)", "Humor Sans (hand-drawn capitals)"}
PAGES_PER_LANGUAGE = {"English": 2, "Spanish": 1, "other Latin": 1, "Chinese": 4}

EMOJI = ["😂", "🔥", "💖", "✨", "🙏", "👇", "💪", "🎉", "😍", "🍕"]
EMOJI_FONT = f"{TRUETYPE}/noto/NotoColorEmoji.ttf"
# The font holds pictures of this one size.
EMOJI_SIZE = 109
# Every third line has one behind it.
EMOJI_STEP = 3


def backdrop(kind, photograph):
    if kind == "photograph":
        return photograph.copy()
    top, bottom = ((250, 244, 236), (214, 224, 238)) if kind == "light" else ((24, 22, 30), (52, 40, 66))
    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        share = y / (HEIGHT - 1)
        column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom)))
    return column.resize((WIDTH, HEIGHT))


def emoji_picture(symbol, fonts, height):
    font = ImageFont.truetype(str(fonts / EMOJI_FONT), EMOJI_SIZE, layout_engine=ImageFont.Layout.BASIC)
    tile = Image.new("RGBA", (2 * EMOJI_SIZE, 2 * EMOJI_SIZE))
    ImageDraw.Draw(tile).text((0, 0), symbol, font=font, embedded_color=True)
    tile = tile.crop(tile.getbbox())
    width = round(tile.width * height / tile.height)
    return tile.resize((width, height), Image.Resampling.BICUBIC)


def draw_line(page, text, font, style, background, top, emoji):
    """Draws one line in the middle, with an emoji behind it if there is one; returns its edges."""
    dark_ink = background == "light" and style != "boxed"
    ink, contrast = ((20, 20, 20), (255, 255, 255)) if dark_ink else ((255, 255, 255), (0, 0, 0))
    size = font.size
    stroke = max(1, size // 12) if style == "outlined" else 0
    draw = ImageDraw.Draw(page)
    left, upper, right, lower = draw.textbbox((0, 0), text, font=font, stroke_width=stroke)
    behind = emoji.width + size // 4 if emoji else 0
    x, y = (WIDTH - (right - left) - behind) // 2 - left, top - upper
    edges = [x + left, y + upper, x + right + behind, y + lower]
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
    if emoji:
        middle = (edges[1] + edges[3]) // 2
        page.paste(emoji, (edges[2] - emoji.width, middle - emoji.height // 2), emoji)
    return edges


def fitting(path, size, text, has_emoji):
    """The font at this size, or the largest below that keeps the line inside the page."""
    while True:
        font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        if font.getlength(text) + (1.5 * size if has_emoji else 0) <= WIDTH - 60:
            return font
        size -= 2


def plan():
    """Typeface, language and background of every page."""
    pages = [
        (typeface, language, turn)
        for typeface, (_, languages) in TYPEFACES.items()
        for language in languages
        for turn in range(PAGES_PER_LANGUAGE[language])
    ]
    return [
        (typeface, language, turn, BACKGROUNDS[number % len(BACKGROUNDS)])
        for number, (typeface, language, turn) in enumerate(pages)
    ]


def main():
    fonts, photograph, folder = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    with Image.open(photograph) as opened:
        # A part with hardly any writing of its own, as 9:16.
        photo = opened.convert("RGB").crop((0, 360, 337, 960)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    pages = []
    for number, (typeface, language, turn, background) in enumerate(plan()):
        page = backdrop(background, photo)
        path = fonts / TYPEFACES[typeface][0]
        lines, top = [], 90
        for row, size in enumerate(SIZES):
            # Moves on by one from page to page, so that every style meets every size.
            style = STYLES[(number + row) % len(STYLES)]
            count = number * len(SIZES) + row + number // EMOJI_STEP
            has_emoji = count % EMOJI_STEP == 0
            choices = TEXTS[language][row]
            text = choices[(number + turn) % len(choices)]
            if typeface in CAPITALS:
                text = text.upper()
            font = fitting(path, size, text, has_emoji)
            emoji = None
            if has_emoji:
                emoji = emoji_picture(EMOJI[count // EMOJI_STEP % len(EMOJI)], fonts, round(font.size))
            left, upper, right, lower = draw_line(page, text, font, style, background, top, emoji)
            pad = font.size * 0.4
            traits = {
                "size": f"{size:02} px",
                "typeface": typeface,
                "style": style,
                "background": background,
                "script": language,
                "emoji": "behind the line" if has_emoji else "none",
            }
            lines.append({"text": text, "box": [left - pad, upper - pad, right + pad, lower + pad], "traits": traits})
            top = lower + 70 + size
        name = f"page_{number:02}.jpg"
        page.save(folder / name, quality=QUALITY, subsampling=2)
        pages.append({"file": name, "lines": lines})
    (folder / "pages.json").write_text(json.dumps(pages, ensure_ascii=False, indent=1))


main()
