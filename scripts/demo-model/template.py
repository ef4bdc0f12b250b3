"""The fixed text around a question: the `qwen_1_5` template."""
from tokenizer import TEMPLATE

SYSTEM, ANSWER = TEMPLATE
