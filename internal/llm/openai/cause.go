package openai

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
)

// isNet reports whether an error came from the way to the provider.
func isNet(err error) bool {
	var u *url.Error
	return errors.As(err, &u)
}

// netCause is an error of the network without what it may quote: URLs, and
// bytes of an answer that is no HTTP.
func netCause(err error) error {
	var (
		op   *net.OpError
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, errRedirect):
		return errRedirect
	case errors.As(err, &op):
		return op
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &cert):
		return cert
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("transport failed (%T)", err)
}
