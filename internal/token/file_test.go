package token_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/token"
)

// pdf writes a document of some pages, its page objects plain or packed.
func pdf(pages int, packed bool) []byte {
	var objects, b bytes.Buffer
	fmt.Fprintf(&objects, "<</Type/Pages/Kids[3 0 R]/Count %d>>\n", pages)
	for range pages {
		objects.WriteString("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 9 0 R >>\n")
	}
	b.WriteString("%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/PageMode/UseNone>>\nendobj\n")
	if packed {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		_, _ = w.Write(objects.Bytes())
		_ = w.Close()
		fmt.Fprintf(&b, "2 0 obj\n<</Type/ObjStm/Filter/FlateDecode/Length %d>>\nstream\r\n%s\nendstream\nendobj\n", z.Len(), z.Bytes())
	} else {
		b.Write(objects.Bytes())
	}
	b.WriteString("9 0 obj\n<</Length 30>>stream\nBT (words of a page) Tj ET\nendstream\nendobj\n%%EOF\n")
	return b.Bytes()
}

func TestPagesOfADocumentAreCounted(t *testing.T) {
	for _, packed := range []bool{false, true} {
		for _, n := range []int{1, 2, 17, 600} {
			if got := token.PDFPages(pdf(n, packed)); got != n {
				t.Errorf("%d pages, packed %v: counted %d", n, packed, got)
			}
		}
	}
	twice := append(pdf(3, true), bytes.TrimPrefix(pdf(5, true), []byte("%PDF-1.5\n"))...)
	if got := token.PDFPages(twice); got < 5 {
		t.Errorf("an edited document may seem longer, never shorter: %d", got)
	}
}

func TestPagesThatCannotBeToldAreUnknown(t *testing.T) {
	broken := pdf(9, true)
	bomb := pdf(200_000, true) // unpacks to more than is looked at
	for name, data := range map[string][]byte{
		"no PDF": []byte("PK\x03\x04"), "empty": nil, "encrypted": append(pdf(3, false), "/Encrypt 5 0 R"...),
		"too many packed streams": bytes.Repeat(pdf(1, true), 4100), "broken packing": bytes.Replace(broken, []byte("stream\r\n\x78"), []byte("stream\r\n\x00"), 1), "cut": broken[:len(broken)/3], "bomb": bomb,
	} {
		if got := token.PDFPages(data); got != 0 {
			t.Errorf("%s: %d pages", name, got)
		}
	}
}

// FuzzPDFPages feeds anything that begins like a PDF: the count ends, and cannot
// pass what its bytes and what is unpacked of them can hold.
func FuzzPDFPages(f *testing.F) {
	f.Add(pdf(3, false)[5:])
	f.Add(pdf(3, true)[5:])
	f.Add([]byte("/ObjStm stream\n/ObjStm/Type /Page/Type\n/Page>"))
	f.Fuzz(func(t *testing.T, rest []byte) {
		data := append([]byte("%PDF-"), rest...)
		if n := token.PDFPages(data); n < 0 || n > (len(data)+8<<20)/len("/Type/Page") {
			t.Fatalf("%d pages in %d bytes", n, len(data))
		}
	})
}

// Without a page count the bytes bound it: more pages than there are bytes for
// cannot be, and no provider takes more than a thousand.
func TestTheBoundOfADocumentWithoutAPageCount(t *testing.T) {
	for n := 1; n <= 300; n += 13 {
		data := pdf(n, false)
		perPage := token.UpperPDF("o200k", 0, 1)
		if known, unknown := token.UpperPDF("o200k", len(data), n), token.UpperPDF("o200k", len(data), 0); known != int64(n)*perPage || unknown < perPage {
			t.Errorf("%d pages in %d bytes: %d known, %d unknown", n, len(data), known, unknown)
		}
	}
	for _, family := range []string{"o200k", "claude", "gemini", "never heard of"} {
		if a, b := token.UpperPDF(family, 1<<30, 0), token.UpperPDF(family, 1<<31, 0); a != b || a != 1000*token.UpperPDF(family, 0, 1) {
			t.Errorf("%s: %d and %d", family, a, b)
		}
	}
	if token.UpperPDF("never heard of", 0, 1) < token.UpperPDF("o200k", 0, 1) {
		t.Error("a family without a published rule is not below one that has it")
	}
}

// What people have measured with providers' own counters (published 2026-10-18:
// pages of text, of a table and scanned ones), against the bound.
func TestTheBoundOfADocumentAgainstPublishedCounts(t *testing.T) {
	for _, k := range []struct {
		family, what string
		pages        int
		counted      int64
	}{
		{"claude", "text", 1, 2347}, {"claude", "text", 5, 11631}, {"claude", "text", 10, 23236}, {"claude", "table", 1, 2481}, {"claude", "scan", 1, 1600},
		{"gemini", "text", 1, 561}, {"gemini", "text", 5, 2801}, {"gemini", "text", 10, 5601}, {"gemini", "table", 1, 561}, {"gemini", "scan", 1, 561},
	} {
		bound := token.UpperPDF(k.family, 0, k.pages)
		t.Logf("%-7s %-5s %2d pages: counted %5d, bound %5d, %.2f times", k.family, k.what, k.pages, k.counted, bound, float64(bound)/float64(k.counted))
		if bound < k.counted {
			t.Errorf("%s %s: bound %d below %d", k.family, k.what, bound, k.counted)
		}
	}
}

// Text files are bounded as their tokenizer splits them: the project's own
// sources and pages are the sample.
func TestTheBoundOfTextFiles(t *testing.T) {
	c := token.NewCounter()
	for _, pattern := range []string{"*.go", "../catalog/*.go", "../catalog/seed/*.yaml", "../../docs/*.md", "../../*.md", "../catalog/testdata/*.json"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		var sum, bound int64
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n, _, err := c.Count("o200k", string(data))
			if err != nil {
				t.Fatal(err)
			}
			u := token.UpperFile("o200k", "text/plain", data)
			if u < n {
				t.Errorf("%s: bound %d below count %d", name, u, n)
			}
			sum, bound = sum+n, bound+u
		}
		t.Logf("%-26s %3d files: bound/count %.2f", pattern, len(names), float64(bound)/float64(sum))
	}
}

func TestWhichFilesAreText(t *testing.T) {
	for kind, want := range map[string]bool{
		"text/plain": true, "TEXT/CSV; charset=utf-8": true, "application/json": true, "application/ld+json": true, "image/svg+xml": true,
		"application/pdf": false, "application/zip": false, "image/png": false, "": false, "application/octet-stream": false,
	} {
		if token.IsText(kind) != want {
			t.Errorf("%q: %v", kind, !want)
		}
	}
	if n := token.UpperFile("o200k", "application/zip", []byte(strings.Repeat("x", 500))); n < 500 {
		t.Errorf("an unknown kind is counted by its bytes, not %d", n)
	}
}
