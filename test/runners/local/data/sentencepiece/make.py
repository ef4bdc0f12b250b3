"""Makes the SentencePiece fixtures beside it: tiny models trained on the sentences below, and what sentencepiece itself
(0.2.2, `pip install sentencepiece`) makes of the cases. Run it in this folder; its output is committed."""

import io
import json
import random

import sentencepiece

random.seed(7)
THINGS = "red bus,old clock,wooden chair,small dog,yellow taxi,glass bottle,paper kite,stone bridge,green apple,blue door".split(",")
PLACES = "on the table,near the window,in the street,under the tree,beside a lake,behind the house".split(",")
SENTENCES = [
    f"{a} {n} {t} {p}{e}"
    for a in ("There is", "I can see", "The picture shows", "Nobody noticed")
    for n in ("a", "one", "no", "the")
    for t in THINGS
    for p in PLACES
    for e in (".", "!", ", is it not?")
]
SENTENCES += ["Wie viele Äpfel liegen dort?", "¿Qué hora es?", "Сколько здесь людей?", "図に何人いますか。", "cm^2 = 12.56, π ≈ 3.14"] * 20
random.shuffle(SENTENCES)

MODELS = {
    # As Llama 2: byte fallback, dummy prefix, spaces kept.
    "bpe": dict(model_type="bpe", vocab_size=700, byte_fallback=True, add_dummy_prefix=True, remove_extra_whitespaces=False),
    # As Yi: control texts are user-defined pieces, no dummy prefix.
    "bpe-chat": dict(
        model_type="bpe", vocab_size=700, byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False,
        user_defined_symbols=["<|im_start|>", "<|im_end|>", "\n"],
    ),
    # No byte fallback, extra spaces removed (sentencepiece's own defaults).
    "bpe-plain": dict(model_type="bpe", vocab_size=320, character_coverage=0.98),
    "unigram": dict(model_type="unigram", vocab_size=410, byte_fallback=True, remove_extra_whitespaces=False, user_defined_symbols=["<sep>"]),
    "unigram-plain": dict(model_type="unigram", vocab_size=120, character_coverage=0.98),
}

TEXTS = SENTENCES[:30] + [
    "", " ", "   ", "\n", "\t", " \n ", "a", " a", "a ", "  two  spaces  ", "ends with spaces   ", "ABC", "naïve café", "e\u0301",
    "🦙", "🦙🦙 llama", "👩‍👩‍👧", "图中有几个人？", "\u2581", "a\u2581b", "<|im_start|>user\nHow many?<|im_end|>", "<sep>a<sep> <sep>", "\n\n\n",
    "<0x41>", "<unk>", "<s>", "</s>x", "x" * 200, "the " * 60, "2+2=4; cm^2", "\u00a0nbsp", "\u3000wide", "a\u0000b", "ﬁ ligature", "İstanbul", "𝒳",
    "Wie viele Äpfel?", "Сколько?", "π ≈ 3.14159", "don't can't", "CamelCaseWords", "1234567890", "a,b;c:d", "\r\n", "\u200b", "?!?!?!",
]

for name, options in MODELS.items():
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=model, normalization_rule_name="identity", minloglevel=2, num_threads=1, **options
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    with open(f"{name}.model", "wb") as file:
        file.write(model.getvalue())
    with open(f"{name}.cases.jsonl", "w") as file:
        for text in TEXTS:
            ids = processor.encode(text)
            file.write(json.dumps({"text": text, "ids": ids, "decoded": processor.decode(ids)}, ensure_ascii=True) + "\n")
        # Decoding of id sequences that no text gives: split characters, stray bytes.
        for _ in range(40):
            ids = [random.randrange(3, processor.get_piece_size()) for _ in range(random.randrange(1, 12))]
            file.write(json.dumps({"ids": ids, "decoded": processor.decode(ids)}, ensure_ascii=True) + "\n")
