"""What the tools that leave shingling to the user are given."""


def shingles(text: str, how: str) -> list[str]:
    """Words as the tools' own examples have them, or distinct character 5-grams of the lower-cased text."""
    if how == "words":
        return text.split()
    text = " ".join(text.lower().split())
    return sorted({text[n : n + 5] for n in range(max(1, len(text) - 4))})
