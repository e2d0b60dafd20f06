package bundle

import (
	"errors"
	"testing"
)

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	for address, allowed := range map[string]bool{
		"203.0.113.7:443": true, "[2a00:1450::1]:443": true,
		"127.0.0.1:443": false, "10.1.2.3:443": false, "192.168.0.1:443": false, "172.16.0.1:443": false, "169.254.169.254:80": false, "0.0.0.0:443": false,
		"100.64.0.1:443": false, "224.0.0.1:443": false, "255.255.255.255:443": false, "198.18.0.1:443": false, "[::1]:443": false, "[::]:443": false,
		"[fe80::1%eth0]:443": false, "[fd00::1]:443": false, "[::ffff:127.0.0.1]:443": false, "[::ffff:10.0.0.1]:443": false, "[64:ff9b::7f00:1]:443": false,
		"[2002:7f00:1::]:443": false, "[ff02::1]:443": false,
	} {
		if err := publicOnly(address); (err == nil) != allowed || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%s: got %v, allowed should be %v", address, err, allowed)
		}
	}
}
