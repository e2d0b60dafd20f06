package media_test

import (
	"context"
	"fmt"
	"net/netip"

	"ringward/media"
)

// A call's media from its first leg to its end: an announcement to the merchant
// before the caller is connected, then sound both ways.
func Example() {
	engine, err := media.NewEngine(media.Config{Addr: netip.MustParseAddr("127.0.0.1"), MinPort: 20000, MaxPort: 29999})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()

	bridge, err := engine.NewBridge(media.BridgeOptions{}) // ErrNoPorts: answer 503
	if err != nil {
		fmt.Println(err)
		return
	}
	// Local(Merchant) goes into the offer to the merchant; the answer comes back.
	bridge.Set(media.Merchant, media.Flow{
		RTP: netip.MustParseAddrPort("127.0.0.1:40000"), Send: true, Receive: true,
		Codecs: []media.Codec{media.PCMA}, Events: 101,
	})
	keys := bridge.Digits(media.Merchant)
	done := make(chan media.PlayResult, 1)
	err = bridge.Play(media.Merchant, media.Playback{
		Audio: make([]int16, 800), // 100 ms
		Mix:   media.Alone,
		Done:  func(r media.PlayResult) { done <- r },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	select {
	case <-keys: // 1 connects, 2 refuses
	case r := <-done:
		fmt.Println("announcement", r.End, r.Sent)
	}
	bridge.Connect(true)
	bridge.Close()
	stop()
	fmt.Println("engine", <-ended)
	// Output:
	// announcement played 100ms
	// engine <nil>
}
