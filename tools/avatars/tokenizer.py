"""A small byte-pair vocabulary in CLIP's own file format: every word of the captions is one token, and any text is bytes."""

import json
from collections import Counter
from pathlib import Path

from transformers import CLIPTokenizer
from transformers.models.clip.tokenization_clip import bytes_to_unicode

from captions import all_texts

LENGTH = 32  # tokens of a prompt, with those of its start and end
END_OF_WORD = "</w>"
START_TOKEN, END_TOKEN = "<|startoftext|>", "<|endoftext|>"


def learn_merges(words: Counter[str]) -> list[tuple[str, str]]:
    """Merges the most frequent pair, again and again, until every word is one token."""
    spelt = {word: [*word[:-1], word[-1] + END_OF_WORD] for word in words}
    merges = []
    while True:
        pairs = Counter()
        for word, parts in spelt.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        if not pairs:
            return merges
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word, parts in spelt.items():
            joined, i = [], 0
            while i < len(parts):
                if tuple(parts[i : i + 2]) == best:
                    joined.append(parts[i] + parts[i + 1])
                    i += 2
                else:
                    joined.append(parts[i])
                    i += 1
            spelt[word] = joined


def write(folder: Path) -> None:
    """vocab.json, merges.txt and the two configurations, as CLIPTokenizer.from_pretrained reads them."""
    words = Counter(word for text in all_texts() for word in text.lower().replace(",", " ,").split())
    merges = learn_merges(words)
    letters = list(bytes_to_unicode().values())
    tokens = letters + [letter + END_OF_WORD for letter in letters]
    tokens += ["".join(merge) for merge in merges] + [START_TOKEN, END_TOKEN]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")
    made = CLIPTokenizer(
        str(vocabulary), str(folder / "merges.txt"), unk_token=END_TOKEN, bos_token=START_TOKEN, eos_token=END_TOKEN,
        pad_token=END_TOKEN, model_max_length=LENGTH,
    )  # fmt: skip
    made.save_pretrained(folder)
    (folder / "added_tokens.json").unlink(missing_ok=True)
