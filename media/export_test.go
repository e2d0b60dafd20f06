package media

// Plain makes an engine use the portable network.
func Plain(c Config) Config {
	c.plain = true
	return c
}
