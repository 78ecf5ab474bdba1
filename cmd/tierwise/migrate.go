package main

import "context"

func runMigrate(_ context.Context, args []string, s streams) error {
	f := flags("migrate", "", s)
	if err := f.parse(args, 0); err != nil {
		return err
	}
	return f.wrong("set REDIS_URL to the store to copy into")
}
