"""Token numbers of transformers' CLIPTokenizer (without ftfy) and CLIPTokenizerFast for a thousand strange prompts.

Writes src/test/resources/golden/tokenizers/: a small vocabulary, the first merges of CLIP's, as the tokenizer directories of
Stable Diffusion 1 (`first`) and of the second of SDXL (`second`, which pads with "!"); one with a tokenizer.json alone (`fast`);
and prompts.json: the prompts, and each tokenizer's numbers for them without the padding at the end.
"""

import argparse
import gzip
import json
import random
import shutil
import sys
import unicodedata
from pathlib import Path

from transformers import CLIPTokenizer, CLIPTokenizerFast
from transformers.models.clip.tokenization_clip import bytes_to_unicode

sys.modules["ftfy"] = None  # CLIPTokenizer uses it where it is installed
DESTINATION = Path(__file__).resolve().parents[2] / "src/test/resources/golden/tokenizers"
START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 77

WORDS = """a photo of an old woman smiling young man with glasses and hat, portrait; studio light, 8k - trending on artstation
it's they're we've I'm you'll he'd don't CAN'T (masterpiece:1.2) [bad] {x|y} <lora:face:0.8> 1girl 50mm f/1.8 #tag @me 100% $5 C++ e=mc²
&amp; &lt;b&gt; &#39; &quot;quoted&quot; <br/> http://a.b/c?d=e&f=g "quotes" “curly” ‘single’ – — … ½ № ™ ﬁne ﬂat ＦＵＬＬ ｈａｌｆ
naïve café Zürich ÀÉÎ øre Łódź İstanbul ISTANBUL ığdır Straße ẞ ΟΔΟΣ ΣΑΣ οδός ς Москва Ёлка Київ ქართული հայ עברית العربية فارسی हिन्दी
ไทย ខ្មែร 한국어 日本語 漢字 かな カナ 中文, 龍馬 ㍿ ① Ⅳ x² 🙂 😀😀 👩‍👩‍👧 👍🏽 🇨🇭 ❤️ ☃ ✨ 🫠 é é ñ Å Å <|startoftext|> <|endoftext|> <|ENDOFTEXT|> <|endoftext|>!
! !! hello! ?! ... ''' 's 'S 'ſ ʼn ǅ ǆ ﷺ 𝓕𝓪𝓷𝓬𝔂 𐐷 𠮷 </w> \\n \\t % ~ ` ^ _ __init__ CamelCase snake_case 3.14 1,000,000 007 １２３ ٣٤ ² ³""".split()
BLANKS = [" ", "  ", "\t", "\n", "\r\n", " ", " ", "　", "\u2028", "\u2029", "\u200b", "\u200d", "\u0085", "\u000b", "", "\ufeff", "\x00", "\x1f", "\u180e"]


def prompts() -> list[str]:
    draw = random.Random(7)
    chosen = ["", " ", "\n", "a", "!", "🙂", END, START + END, "word " * 200, "a" * 500, "🙂" * 100, "日本" * 80]
    chosen += WORDS
    while len(chosen) < 700:
        chosen.append("".join(draw.choice(WORDS) + draw.choice(BLANKS) for _ in range(draw.randint(1, 9))))
    while len(chosen) < 1000:  # of any characters that Unicode has
        text = ""
        for _ in range(draw.randint(1, 12)):
            c = chr(draw.choice([draw.randrange(0x20, 0x250), draw.randrange(0x250, 0x3000), draw.randrange(0x3000, 0x20000)]))
            # What is assigned, and stays what it is, in every version of Unicode since 13, that of Java 17.
            if unicodedata.category(c) not in ("Cn", "Cs") and unicodedata.ucd_3_2_0.category(c) == unicodedata.category(c):
                text += c
        chosen.append(text)
    return chosen


def save_vocabulary(source: Path, merges: int) -> None:
    pairs = gzip.open(source).read().decode().split("\n")[1 : merges + 1]
    letters = list(bytes_to_unicode().values())
    tokens = letters + [letter + "</w>" for letter in letters] + ["".join(pair.split()) for pair in pairs] + [START, END]
    vocabulary = json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False)
    for name, padding in (("first", END), ("second", "!")):
        folder = DESTINATION / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocab.json").write_text(vocabulary)
        (folder / "merges.txt").write_text("\n".join(["#version: 0.2"] + pairs) + "\n")
        special = lambda content: {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
        names = {"bos_token": special(START), "eos_token": special(END), "unk_token": special(END), "pad_token": padding}
        (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=1))
        config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "do_lower_case": True, **names, "pad_token": END}
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))


def tokens(tokenizer, text: str) -> list[int]:
    ids = tokenizer(text, padding="max_length", max_length=LENGTH, truncation=True).input_ids
    assert len(ids) == LENGTH
    while ids[-2] == ids[-1] == tokenizer.pad_token_id:
        ids.pop()
    return ids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vocabulary", type=Path, help="bpe_simple_vocab_16e6.txt.gz, for instance of the package open_clip_torch")
    parser.add_argument("--merges", type=int, default=600, help="how many of CLIP's are kept; 48894 is all")
    parser.add_argument("--out", type=Path, default=DESTINATION)
    asked = parser.parse_args()
    globals()["DESTINATION"] = asked.out
    save_vocabulary(asked.vocabulary, asked.merges)
    tokenizers = {name: CLIPTokenizer.from_pretrained(DESTINATION / name) for name in ("first", "second")}
    tokenizers["fast"] = CLIPTokenizerFast.from_pretrained(DESTINATION / "first")
    tokenizers["fast"].save_pretrained(DESTINATION / "fast")
    for file in (DESTINATION / "fast").iterdir():
        if file.name in ("vocab.json", "merges.txt"):
            file.unlink()
    shutil.rmtree(DESTINATION / "fast" / "__pycache__", ignore_errors=True)
    texts = prompts()
    golden = {"prompts": texts, **{name: [tokens(tokenizer, text) for text in texts] for name, tokenizer in tokenizers.items()}}
    lines = ",\n".join(f'"{key}": [\n' + ",\n".join(json.dumps(value, separators=(",", ":")) for value in values) + "]" for key, values in golden.items())
    (DESTINATION / "prompts.json").write_text("{" + lines + "}\n")
    print(f"{len(texts)} prompts, {DESTINATION}")


if __name__ == "__main__":
    main()
