/** LaTeX as plain text, as far as letters, digits and "/" go: what OmniDocBench's authors compare of formulas in texts. They have pylatexenc 2.10 read it. */

const single: Readonly<Record<string, string>> = {
  ...letters("Α Β Γ Δ Ε Ζ Η Θ Ι Κ Λ Μ Ν Ξ Ο Π Ρ Σ Τ Υ Φ Χ Ψ Ω", [
    ..."Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu".split(" "),
    ..."Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega".split(" "),
  ]),
  ...letters("α β γ δ ϵ ζ η θ ι κ λ μ ν ξ ο π ρ σ τ υ ϕ χ ψ ω", [
    ..."alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split(" "),
    ..."nu xi omicron pi rho sigma tau upsilon phi chi psi omega".split(" "),
  ]),
  ...{ varepsilon: "ε", varkappa: "ϰ", varphi: "φ", varpi: "ϖ", varrho: "ϱ", varsigma: "ς", vartheta: "ϑ" },
  ...{ digamma: "ϝ", Digamma: "Ϝ", ell: "ℓ", hbar: "ħ", hslash: "ℏ", aleph: "ℵ", beth: "ℶ", gimel: "ℷ", daleth: "ℸ" },
  ...{ i: "ı", j: "ȷ", l: "ł", L: "Ł", o: "ø", O: "Ø", ae: "æ", AE: "Æ", oe: "œ", OE: "Œ", aa: "å", AA: "Å", ss: "ß" },
  ...{ dh: "ð", DH: "Ð", dj: "đ", DJ: "Đ", th: "þ", TH: "Þ", ng: "ŋ", NG: "Ŋ", ij: "ĳ", IJ: "Ĳ", eth: "ƪ" },
  ...{ textmu: "µ", textohm: "Ω", textonehalf: "½", textonequarter: "¼", textthreequarters: "¾", textflorin: "ƒ" },
  ...{
    textonesuperior: "¹",
    texttwosuperior: "²",
    textthreesuperior: "³",
    textordfeminine: "ª",
    textordmasculine: "º",
  },
  _: "_",
};

function letters(text: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split(" ").map((letter, i) => [names[i] as string, letter]));
}

/** They stand for their own names. */
const named = new Set(
  "arccos arccosh arcsin arcsinh arctan arctanh cos cosh exp inf lim liminf limsup ln log max min sin sinh sup tan tanh".split(
    " ",
  ),
);

/** With what they give for an argument that is not read. */
const references: Readonly<Record<string, string>> = {
  ...{ cite: "cit", citep: "cit", citet: "cit", ref: "ref", eqref: "ref", autoref: "ref", cref: "ref", Cref: "Ref" },
  ...{ hspace: "", vspace: "", label: "" },
};

/** The mark that the first letter of the argument is given. */
const accents: Readonly<Record<string, string>> = {
  ...{ hat: "\u0302", check: "\u030c", breve: "\u0306", acute: "\u0301", grave: "\u0300", tilde: "\u0303" },
  ...{ dot: "\u0307", ddot: "\u0308", '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303" },
  ...{ "=": "\u0304", ".": "\u0307", u: "\u0306", v: "\u030c", r: "\u030a", k: "\u0328", d: "\u0323", b: "\u0331" },
};

/** First capital and small letter of an alphabet, and letters that stand elsewhere. */
interface Alphabet {
  readonly capital: number;
  readonly small: number;
  readonly elsewhere?: string;
}
const script: Alphabet = { capital: 0x1d49c, small: 0x1d4b6, elsewhere: "BℬEℰFℱHℋIℐLℒMℳRℛeℯgℊoℴ" };
const alphabets: Readonly<Record<string, Alphabet>> = {
  mathbf: { capital: 0x1d400, small: 0x1d41a },
  mathit: { capital: 0x1d434, small: 0x1d44e, elsewhere: "hℎ" },
  mathbb: { capital: 0x1d538, small: 0x1d552, elsewhere: "CℂHℍNℕPℙQℚRℝZℤ" },
  mathcal: script,
  mathscr: script,
  mathfrak: { capital: 0x1d504, small: 0x1d51e, elsewhere: "CℭHℌIℑRℜZℨ" },
  mathsf: { capital: 0x1d5a0, small: 0x1d5ba },
  mathtt: { capital: 0x1d670, small: 0x1d68a },
};

function inAlphabet(text: string, { capital, small, elsewhere = "" }: Alphabet): string {
  return text.replace(/[A-Za-z]/g, (letter) => {
    const own = elsewhere.indexOf(letter);
    if (own >= 0) return elsewhere.charAt(own + 1);
    const [start, from] = letter >= "a" ? [small, 97] : [capital, 65];
    return String.fromCodePoint(start + letter.charCodeAt(0) - from);
  });
}

/** No formula of a document nests deeper. */
const deepest = 100;

class LatexReader {
  private at = 0;
  constructor(private readonly text: string) {}

  get isDone(): boolean {
    return this.at >= this.text.length;
  }

  /** To the end of the group, or of the text. */
  group(depth: number): string {
    let out = "";
    while (this.at < this.text.length) {
      const character = this.text.charAt(this.at++);
      if (character === "}") return out;
      out += this.item(character, depth);
    }
    return out;
  }

  private item(character: string, depth: number): string {
    if (character === "{") return depth < deepest ? this.group(depth + 1) : "";
    if (character === "%") {
      const end = this.text.indexOf("\n", this.at);
      this.at = end < 0 ? this.text.length : end;
      return "";
    }
    if (character === "\\") return this.command(depth);
    return character === "$" || character === "&" ? " " : character;
  }

  private command(depth: number): string {
    const [name = ""] = /^[a-zA-Z]+\*?|^[\s\S]?/u.exec(this.text.slice(this.at, this.at + 60)) ?? [];
    this.at += name.length;
    if (/^[a-zA-Z]/.test(name)) this.skipBlanks();
    const alphabet = alphabets[name];
    if (alphabet) return inAlphabet(this.argument(depth), alphabet);
    const accent = accents[name];
    if (accent !== undefined) {
      const [first = "", ...rest] = this.argument(depth);
      return `${first}${accent}`.normalize("NFC") + rest.join("");
    }
    if (name === "frac" || name === "nicefrac") return `${this.argument(depth)}/${this.argument(depth)}`;
    if (name in references) {
      this.argument(depth);
      return references[name] as string;
    }
    if (name === "sqrt") this.optional();
    if (name === "begin" || name === "end") this.environment(name === "begin", depth);
    return named.has(name) ? name : (single[name] ?? "");
  }

  /** The columns of an array are no text. */
  private environment(opens: boolean, depth: number): void {
    const name = this.argument(depth);
    if (!opens || !/^(array|tabular)\*?$/.test(name)) return;
    this.optional();
    this.argument(depth);
  }

  private argument(depth: number): string {
    this.skipBlanks();
    const character = this.text.charAt(this.at++);
    return character === "" || character === "}" ? "" : this.item(character, depth);
  }

  private optional(): void {
    this.skipBlanks();
    if (this.text.charAt(this.at) !== "[") return;
    const end = this.text.indexOf("]", this.at);
    if (end >= 0) this.at = end + 1;
  }

  private skipBlanks(): void {
    while (/\s/.test(this.text.charAt(this.at))) this.at++;
  }
}

export function latexWords(text: string): string {
  let out = "";
  const reader = new LatexReader(text);
  // A brace too many ends a group that was not open.
  for (let rest = reader.group(0); ; rest = reader.group(0)) {
    out += rest;
    if (reader.isDone) return out;
  }
}
