package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// request is what is posted: the address, the body and the headers.
type request struct {
	url    string
	body   []byte
	header map[string]string
}

// requestFor forms an event for a hook. Signatures carry the time of sending,
// so each try is signed anew.
func (h Hook) requestFor(e Event, now time.Time) (request, error) {
	r := request{url: h.URL, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}}
	var body any
	switch h.kind() {
	case WeCom:
		// The key is in the URL; WeCom's robots have no signature.
		body = map[string]any{"msgtype": "text", "text": map[string]string{"content": h.text(e)}}
	case DingTalk:
		body = map[string]any{"msgtype": "text", "text": map[string]string{"content": h.text(e)}}
		if h.Secret != "" {
			u, err := url.Parse(h.URL)
			if err != nil {
				return r, err
			}
			ms := strconv.FormatInt(now.UnixMilli(), 10)
			q := u.Query()
			q.Set("timestamp", ms)
			q.Set("sign", base64.StdEncoding.EncodeToString(mac([]byte(h.Secret), ms+"\n"+h.Secret)))
			u.RawQuery = q.Encode()
			r.url = u.String()
		}
	case Feishu:
		m := map[string]any{"msg_type": "text", "content": map[string]string{"text": h.text(e)}}
		if h.Secret != "" {
			s := strconv.FormatInt(now.Unix(), 10)
			// Feishu signs the empty message, with time and secret as the key.
			m["timestamp"], m["sign"] = s, base64.StdEncoding.EncodeToString(mac([]byte(s+"\n"+h.Secret), ""))
		}
		body = m
	default:
		body = e
	}
	var err error
	if r.body, err = json.Marshal(body); err != nil {
		return r, err
	}
	if h.kind() == Program {
		r.header["Ringward-Event"], r.header["Ringward-Delivery"] = e.Kind, e.ID
		r.header["Ringward-Signature"] = Sign(h.Secret, r.body, now)
	}
	return r, nil
}

// Sign is the signature of a body: "t=SECONDS,v1=HEX", the HMAC-SHA256 under
// the secret of SECONDS, a full stop and the body. The receiver computes it
// anew, compares in constant time, and refuses what is older than five minutes.
func Sign(secret string, body []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac([]byte(secret), t+"."+string(body)))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// text is the event in a few lines for people. It is sent as plain text: what
// comes from a call is never markup, and mentions nobody.
func (h Hook) text(e Event) string {
	zh := h.Language != "en"
	say := func(a, b string) string {
		if zh {
			return a
		}
		return b
	}
	head := map[string]string{Verdict: say("来电核查", "Call checked"), Warning: say("已提醒商户", "Merchant warned"), Ended: say("通话结束", "Call ended"), Test: say("测试消息", "Test message")}[e.Kind]
	level := map[string]string{"alarm": say("严重警告", "ALARM"), "warning": say("警告", "WARNING"), "notice": say("请留意", "Notice"), "clear": say("未发现异常", "Clear"), "unknown": say("未能核查", "Not checked")}[e.Level]
	lines := []string{fmt.Sprintf("【Ringward】%s：%s", head, level), say("线路：", "Line: ") + e.Line}
	if !zh {
		lines[0] = fmt.Sprintf("[Ringward] %s: %s", head, level)
	}
	if e.Caller != "" {
		lines = append(lines, say("来电号码：", "Caller: ")+e.Caller)
	}
	if name := e.Institution.in(h.Language); name != "" {
		lines = append(lines, say("涉及机构：", "Concerns: ")+name)
	}
	for _, r := range e.Reasons {
		if zh && r.ZH != "" {
			lines = append(lines, "· "+r.ZH)
		} else if r.EN != "" {
			lines = append(lines, "· "+r.EN)
		}
	}
	lines = append(lines, say("时间：", "Time: ")+e.At.Local().Format("2006-01-02 15:04:05"))
	if e.Page != "" {
		lines = append(lines, e.Page)
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), "@", "＠") // DingTalk and WeCom call people by @
}

// refusal reads the answer of a robot: they say 200 and mean no.
func (h Hook) refusal(body []byte) string {
	if h.kind() == Program {
		return ""
	}
	var a struct {
		ErrCode int    `json:"errcode"` // WeCom, DingTalk
		ErrMsg  string `json:"errmsg"`
		Code    int    `json:"code"` // Feishu
		Msg     string `json:"msg"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return "the robot's answer is no JSON"
	}
	if a.ErrCode != 0 || a.Code != 0 {
		return fmt.Sprintf("the robot refuses: %d %.200s", a.ErrCode+a.Code, a.ErrMsg+a.Msg)
	}
	return ""
}
