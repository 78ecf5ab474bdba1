package token

import (
	"bytes"
	"compress/zlib"
	"io"
)

// What is unpacked at most to count the pages of a PDF, in streams and in bytes
// of them. A stream holds a hundred objects as a rule, and the page objects of a
// thousand pages take a tenth of the bytes.
const (
	unpackedStreams = 4096
	unpackedBytes   = 8 << 20
)

// PDFPages is how many pages a PDF has, 0 when that cannot be told: it is no PDF,
// it is encrypted, or its objects are packed in a way not read here. It counts
// the page objects, so a document that was edited in place may seem longer than
// it is and never shorter. It checks nothing else and reads no content.
func PDFPages(data []byte) int {
	if !bytes.HasPrefix(data, []byte("%PDF-")) || bytes.Contains(data, []byte("/Encrypt")) {
		return 0
	}
	pages, left, streams := pageObjects(data), int64(unpackedBytes), 0
	for _, rest, more := bytes.Cut(data, packed); more; _, rest, more = bytes.Cut(rest, packed) {
		plain, ok := unpack(rest, left)
		if streams++; !ok || streams > unpackedStreams {
			return 0
		}
		left -= int64(len(plain))
		pages += pageObjects(plain)
	}
	return pages
}

// packed marks a stream of objects, among which page objects may be.
var packed = []byte("/ObjStm")

// unpack returns the stream that follows an object's dictionary; false when it
// cannot be read or is longer than most.
func unpack(object []byte, most int64) ([]byte, bool) {
	_, stream, ok := bytes.Cut(object, []byte("stream"))
	if !ok {
		return nil, false
	}
	stream = bytes.TrimPrefix(bytes.TrimPrefix(stream, []byte{'\r'}), []byte{'\n'})
	z, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		return nil, false
	}
	defer z.Close() // it only reads memory
	plain, err := io.ReadAll(io.LimitReader(z, most+1))
	return plain, err == nil && int64(len(plain)) <= most
}

// pageObjects counts the dictionaries of type Page.
func pageObjects(b []byte) (n int) {
	mark := []byte("/Type")
	for _, rest, more := bytes.Cut(b, mark); more; _, rest, more = bytes.Cut(rest, mark) {
		name, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n\f\x00"), []byte("/Page"))
		if ok && (len(name) == 0 || !regular(name[0])) {
			n++
		}
	}
	return n
}

// regular reports a byte that continues a name: "/Pages" is not "/Page".
func regular(c byte) bool { return c > ' ' && !bytes.ContainsRune([]byte("()<>[]{}/%"), rune(c)) }
