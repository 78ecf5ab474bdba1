package token

// Family is a tokenizer family as far as an upper bound needs it: how much more
// it splits than the reference (o200k), in percent. The catalog names the
// family of each model; an unknown name gets the dearest allowance.
//
// The figures of o200k and cl100k are measured by the tests of this package.
// The others are allowances: their vocabularies are not in this program, so the
// bound for them is a reasoned margin and what a provider counts above it shows
// in the ledger as overshoot.
type Family struct {
	Name string
	// ASCII and Other are percentages of the reference bound for ASCII text and
	// for everything else.
	ASCII, Other int64
	// Digits is how many digits share a token.
	Digits int64
}

var families = []Family{
	{Name: "o200k", ASCII: 100, Other: 100, Digits: 3},
	{Name: "cl100k", ASCII: 105, Other: 180, Digits: 3},
	{Name: "llama", ASCII: 110, Other: 180, Digits: 3},    // 128k entries, cl100k's split
	{Name: "deepseek", ASCII: 115, Other: 150, Digits: 3}, // 129k entries
	{Name: "mistral", ASCII: 115, Other: 150, Digits: 1},  // 131k entries, single digits
	{Name: "gemini", ASCII: 115, Other: 120, Digits: 1},   // 256k entries, single digits
	{Name: "claude", ASCII: 160, Other: 200, Digits: 1},   // not published; newer ones split up to a third more
}

// bytesFamily is what an unknown family gets.
var bytesFamily = Family{Name: "bytes", ASCII: 200, Other: 200, Digits: 1}

func familyOf(name string) Family {
	for _, f := range families {
		if f.Name == name {
			return f
		}
	}
	return bytesFamily
}
