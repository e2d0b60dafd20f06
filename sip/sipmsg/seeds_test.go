package sipmsg_test

// Seeds of the fuzz targets: plain forms, odd forms, and forms that gosip alone
// refuses or changes.

var uriSeeds = []string{
	"sip:bob@example.com", "sips:bob:secret@example.com:5061;transport=tls?subject=x&a=b", "SIP:h",
	"sip:+86138@[2001:db8::1]:5060;user=phone", "sip:a%3Bb@h", "sip:a@h?x=1%26Route=2", "sip:a@h;lr=",
	"sip:a@h;lr=;x", "sip:a:@h", "sip:a@my_host", "sip:*31#123@h", "sip:张三@h", "sip:a;b=c@h;d",
	"sip:a@h;%6C%72", "sip:a@h?a=&b", "tel:+1-(201).555", "tel:*69", "tel:863-1234;phone-context=+1-914",
	"urn:service:sos", "http://a/b?c", "sip:a@1.2.3.4:70000", "sip:a@[2001:db8:::192.0.2.1]", "sip:a_b@h;c_d=e_f",
	"sip:a@h;maddr=[::1]", "sip:%00@h", "sip:user:pass%3A@H-1.Example.;x=%c3%a9",
}

var viaSeeds = []string{
	"SIP/2.0/UDP h", "SIP/2.0/UDP h:5060;branch=z9hG4bKa;rport", "SIP / 2.0 / tcp  h : 5060 ; branch = x",
	"SIP/2.0/UDP [2001:db8::1]:5070;received=2001:db8::9", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h;branch=a=b==",
	"SIP/2.0/UDP my_host;x=\"a b\\\"\";y=\"\"", "SIP/2.0/UDP h;rport=;x=1", "sip/2.0/WSS df7jal23ls0d.invalid",
	"SIP/2.0/UNKNOWN t3.example.com;x=\"é\"", "SIP/2.0/UDP h;x=/@?&$#{}|^=", "SIP/2.0/UDP h;x=é;_y=_",
}

var addrSeeds = []string{
	"sip:a@h", "<sip:a@h>;tag=1", "\"Bob \\\"B\\\" \\\\\" <sip:b@h;lr>;tag=x;q=0.5", "Bob Smith <sip:b@h>, sip:c@h;x",
	"张三 <sip:a@h>", "\"张三\" <sip:a@h>;x=\"é1\"", "\xd5\xc5\xc8\xfd <sip:a@h>", "Alice<sip:a@h>;+sip.instance=\"<urn:x>\"",
	"<sip:a@h> ; tag = 1 ", "<sip:a@h>;x=a=b;y=;z", "<tel:+86138;phone-context=a>;x=\"a b\"", "\"a,b\" <sip:a@h>, <urn:b>",
	"\"\" <sip:a@h>", "<sip:a@h>;a_b=c_d;x=\"_é\\\"\"", "sip:a@h;tag=a@b",
}

var multipartSeeds = []struct{ contentType, body string }{
	{"application/sdp", "v=0\r\n"},
	{"multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b\r\n\r\nplain\r\n--b--\r\n"},
	{"multipart/mixed;boundary=\"b c\"", "x\r\n--b c \r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n--b\r\nC: application/sdp\r\n\r\nv\r\n--b--\r\n--b c--"},
	{"multipart/mixed;boundary=b", "--bb\r\n\r\nx\r\n--b\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--"},
}
