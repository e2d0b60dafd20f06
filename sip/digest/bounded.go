package digest

import "container/list"

// bounded is a map of at most size entries: a new one takes the place of that
// which was put longest ago.
type bounded[K comparable, V any] struct {
	size  int
	items map[K]*list.Element // of item[K, V]
	order list.List           // oldest first
}

type item[K comparable, V any] struct {
	key   K
	value V
}

func newBounded[K comparable, V any](size int) bounded[K, V] {
	return bounded[K, V]{size: size, items: make(map[K]*list.Element)}
}

func (b *bounded[K, V]) get(k K) (v V, ok bool) {
	e, ok := b.items[k]
	if !ok {
		return v, false
	}
	return e.Value.(*item[K, V]).value, true
}

// put enters or replaces an entry, which becomes the newest. It returns the
// entry that had to go, if one had to.
func (b *bounded[K, V]) put(k K, v V) (dropped V, did bool) {
	if e, ok := b.items[k]; ok {
		e.Value.(*item[K, V]).value = v
		b.order.MoveToBack(e)
		return dropped, false
	}
	if len(b.items) >= b.size {
		oldest := b.order.Remove(b.order.Front()).(*item[K, V])
		delete(b.items, oldest.key)
		dropped, did = oldest.value, true
	}
	b.items[k] = b.order.PushBack(&item[K, V]{k, v})
	return dropped, did
}

// expire takes out the oldest entries, as long as they are over.
func (b *bounded[K, V]) expire(over func(V) bool) {
	for e := b.order.Front(); e != nil; e = b.order.Front() {
		it := e.Value.(*item[K, V])
		if !over(it.value) {
			return
		}
		b.order.Remove(e)
		delete(b.items, it.key)
	}
}

func (b *bounded[K, V]) del(k K) {
	if e, ok := b.items[k]; ok {
		b.order.Remove(e)
		delete(b.items, k)
	}
}
