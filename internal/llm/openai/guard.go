package openai

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// errAddress reports an address a provider must not have.
var errAddress = errors.New("openai: the address is not allowed")

// errRedirect reports a redirect to somewhere else.
var errRedirect = errors.New("openai: a redirect is not followed")

// guard says which addresses may be dialled. It looks at the address after
// name resolution, so a name that points inside (or does so only the second
// time it is asked for) is refused like the address itself.
type guard struct {
	loopback bool // the configured host is this machine
	private  bool // the operator allows private networks
}

// never are networks no provider lives in: cloud metadata services, and the
// ranges that netip has no predicate for.
var never = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("192.0.0.0/24"),       // IETF protocol assignments; Oracle's metadata
	netip.MustParsePrefix("240.0.0.0/4"),        // reserved and broadcast
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's host
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba's metadata
	netip.MustParsePrefix("fd00:ec2::/32"),      // AWS's metadata and friends
	netip.MustParsePrefix("fd20:ce::254/128"),   // Google's metadata
	netip.MustParsePrefix("fec0::/10"),          // site-local, retired
}

var (
	shared  = netip.MustParsePrefix("100.64.0.0/10") // carrier NAT: somebody's inside
	nat64   = netip.MustParsePrefix("64:ff9b::/96")  // the last four bytes are IPv4
	sixToIV = netip.MustParsePrefix("2002::/16")     // bytes 2 to 5 are IPv4
)

// check refuses an address, or returns nil.
func (g guard) check(a netip.Addr) error {
	a = embedded(a.WithZone("").Unmap())
	refused := fmt.Errorf("%w: %s", errAddress, a)
	switch {
	case !a.IsValid(), a.IsUnspecified(), a.IsLinkLocalUnicast(), a.IsMulticast(), a.IsInterfaceLocalMulticast():
		return refused
	}
	for _, p := range never {
		if p.Contains(a) {
			return refused
		}
	}
	if a.IsLoopback() && !g.loopback || (a.IsPrivate() || shared.Contains(a)) && !g.private {
		return refused
	}
	return nil
}

// embedded returns the IPv4 address that a translation prefix carries.
func embedded(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToIV.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// control is a net.Dialer.ControlContext.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q", errAddress, address)
	}
	return g.check(ap.Addr())
}

// transport is the way out to one provider. It takes no proxy from the
// environment: behind a proxy nobody could check where a name points.
// Compression is off because it would hold tokens back.
func (g guard) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, ControlContext: g.control}
	return &http.Transport{
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   5 * time.Second,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
	}
}

// sameHost is an http.Client.CheckRedirect: only the same scheme and host, and
// only when the method survives, so neither key nor prompt goes elsewhere.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 3 || req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme || req.Method != first.Method {
		return errRedirect
	}
	return nil
}

// parseBase checks a base URL: https, or http to this machine; no user, query
// or fragment, which could carry a secret into logs.
func parseBase(base string) (u *url.URL, loopback bool, err error) {
	u, err = url.Parse(base)
	if err != nil {
		return nil, false, errors.New("openai: the base URL cannot be read")
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	loopback = u.Hostname() == "localhost" || ip.Unmap().IsLoopback()
	switch {
	case u.Hostname() == "":
		return nil, false, errors.New("openai: the base URL has no host")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, false, errors.New("openai: the base URL must not hold a user, a query or a fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback):
		return nil, false, fmt.Errorf("openai: the base URL of %s must be https (http only on this machine)", u.Host)
	}
	return u, loopback, nil
}
