package config

import (
	"fmt"

	"ringward/console/hooks"
)

// Webhook is an address that is told what happens in calls: an operator's own
// program, or a robot of a WeCom, DingTalk or Feishu group.
type Webhook struct {
	Name     string   `yaml:"name"`
	Kind     string   `yaml:"kind" allowed:"program|wecom|dingtalk|feishu"` // empty: program
	URL      string   `yaml:"url"`                                          // https; robots carry their key in it
	Secret   string   `yaml:"secret"`                                       // of the signature
	Events   []string `yaml:"events" allowed:"verdict|warning|ended"`       // empty: all
	Lines    []string `yaml:"lines"`                                        // ids; empty: all
	AtLeast  string   `yaml:"at_least" allowed:"clear|notice|warning|alarm"`
	Mask     bool     `yaml:"mask_numbers"` // tell of the caller's number the beginning and the end only
	Private  bool     `yaml:"private"`      // it stands in our own network; http is allowed
	Language string   `yaml:"language" allowed:"zh-CN|en"`
}

// Hook is the webhook as package hooks takes it.
func (w Webhook) Hook() hooks.Hook {
	return hooks.Hook{Name: w.Name, Kind: hooks.Kind(w.Kind), URL: w.URL, Secret: w.Secret, Events: w.Events, Lines: w.Lines, AtLeast: w.AtLeast,
		Mask: w.Mask, Private: w.Private, Language: w.Language}
}

func checkWebhooks(c *Config, d *decoder) {
	seen := map[string]int{}
	for i, w := range c.Hooks {
		at := fmt.Sprintf("webhooks[%d]", i)
		if err := w.Hook().Check(); err != nil {
			d.add(at, err.Error(), "see webhooks in ringward.example.yaml")
		}
		if j, dup := seen[w.Name]; dup {
			d.add(at+".name", fmt.Sprintf("%q is webhooks[%d] already", w.Name, j), "every webhook needs its own name")
		}
		seen[w.Name] = i
	}
}
