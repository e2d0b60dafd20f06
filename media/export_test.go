package media

// Plain makes an engine use the portable network.
func Plain(c Config) Config {
	c.plain = true
	return c
}

// Torture is the datagrams of ../shared/torture, if it is there.
func Torture() [][]byte { return torture() }
