package token

import "strings"

// PDF is the media type of the one kind of document that providers read
// themselves.
const PDF = "application/pdf"

// IsText reports whether a file of that media type is text, which goes into a
// prompt as it is.
func IsText(mediaType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	kind = strings.TrimSpace(kind)
	switch kind {
	case "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/toml", "application/csv",
		"application/javascript", "application/x-sh", "application/sql":
		return true
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")
}

// What a page of a PDF counts as. Providers put both its picture and its text
// into the context, so a page is charged for both. The bounds below are dated
// allowances per page, not laws: a page of very small print can pass them, and
// what a provider counts above shows in the ledger as overshoot.
const (
	// pageText is the text of a dense page: Anthropic names 1,500 to 3,000 tokens
	// a page (as commonly quoted from its PDF guide; confirm before relying on it).
	pageText = 3000
	// pagePatches is the dearest published picture: 1,536 patches of 32 by 32
	// pixels, times 2.46.
	pagePatches = 3779
)

// pageOf is the bound of one page by tokenizer family, of which each vendor has
// its own. A family that is not listed gets the dearest.
var pageOf = map[string]int64{
	// OpenAI, guide "File inputs" (2026-11-24): for PDF files the text and a
	// picture of each page go into the context.
	"o200k": pageText + pagePatches, "cl100k": pageText + pagePatches,
	// Anthropic, guide "PDF support" (2026-11-24): text and picture, about 7,000
	// tokens for 3 pages; a picture of a page is about 1,600, and the newer
	// tokenizers split text up to a third more.
	"claude": pageText*4/3 + 1600,
	// Google, guide "Document understanding" (2026-11-24): a page is tokenized
	// like a picture, 258 a tile; 1,120 at the highest resolution.
	"gemini": pageText + 1120,
}

const (
	// leastPage is fewer bytes than a page with anything on it takes: its object,
	// its content stream and their entries in the table.
	leastPage = 128
	// mostPages is more than any provider takes in one request: Anthropic 600,
	// Google 1,000 (their guides, 2026-11-24).
	mostPages = 1000
)

// UpperPDF is an upper bound of the tokens a PDF of that many bytes counts as.
// pages is how many it has; when that is not known (0) the bound takes as many
// as the bytes can hold, up to the most a provider accepts.
func UpperPDF(family string, bytes int, pages int) int64 {
	if pages <= 0 {
		pages = bytes/leastPage + 1
	}
	page, ok := pageOf[family]
	if !ok {
		page = pageText + pagePatches
	}
	return int64(min(pages, mostPages)) * page
}

// UpperFile is an upper bound of the tokens a file counts as when it is sent
// along: text as its tokenizer splits it, a PDF by its pages, and anything else,
// which no client sends, by its bytes.
func UpperFile(family, mediaType string, data []byte) int64 {
	switch {
	case IsText(mediaType):
		return UpperTurn(family, string(data))
	case mediaType == PDF:
		return UpperPDF(family, len(data), PDFPages(data))
	}
	return int64(len(data)) + perTurn
}
