package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
)

const (
	fileSuffix = "_FILE"
	keySuffix  = "_API_KEY"
	// maxFile bounds a secret's or policy's file: a larger one is the wrong one.
	maxFile = 1 << 20
)

var secretType = reflect.TypeFor[Secret]()

// readSecretFiles fills every secret that is given as NAME_FILE.
func (c *Config) readSecretFiles(p *problems) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("envconfig")
		if f.Type != secretType || name == "" {
			continue
		}
		s, origin := c.secret(name, p)
		v.Field(i).Set(reflect.ValueOf(s))
		c.origins[name] = origin
	}
}

// readKeys collects provider keys: the names given, those of the policy, and
// everything that is called …_API_KEY.
func (c *Config) readKeys(names []string, p *problems) {
	names = slices.Clone(names)
	for _, pr := range c.Policy.Providers {
		names = append(names, pr.KeyEnv)
	}
	for name := range c.environ {
		if base := strings.TrimSuffix(name, fileSuffix); strings.HasSuffix(base, keySuffix) {
			names = append(names, base)
		}
	}
	sort.Strings(names)
	for _, name := range slices.Compact(names) {
		if name == "" {
			continue
		}
		if s, origin := c.secret(name, p); s.IsSet() {
			c.keys[name], c.origins[name] = s, origin
		}
	}
}

// secret reads NAME or NAME_FILE.
func (c *Config) secret(name string, p *problems) (s Secret, origin string) {
	s, path := c.environ[name], c.environ[name+fileSuffix].Reveal()
	switch {
	case path == "" && s.IsSet():
		return s, "environment"
	case path == "":
		return Secret{}, ""
	case s.IsSet():
		p.add("%s and %s%s are both set: keep one of them.", name, name, fileSuffix)
		return s, "environment"
	}
	data, err := readSmall(path)
	if err != nil {
		p.add("%s%s names %q, which cannot be read (%s): name a readable file that holds only the secret.", name, fileSuffix, path, reason(err))
		return Secret{}, ""
	}
	if s = NewSecret(strings.TrimSpace(string(data))); !s.IsSet() {
		p.add("%s%s names %q, which is empty: write the secret into it.", name, fileSuffix, path)
	}
	return s, path
}

var errTooLarge = errors.New("larger than 1 MiB")

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		return nil, errTooLarge
	}
	return data, err
}

// reason says why a file could not be read, without repeating its path.
func reason(err error) string {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "no permission"
	case errors.As(err, &pathErr):
		return pathErr.Err.Error()
	default:
		return err.Error()
	}
}
