// Package pages asks the system for large memory pages under the index. Ten
// million listings lie on 45,000 small pages, more than the processor remembers
// the addresses of, so that a look-up would wait for the address of the page
// before it waits for the row. It changes nothing but speed.
package pages
