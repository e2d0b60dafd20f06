package claims

import (
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// han is what one Chinese character folds to.
type han struct {
	simple uint16 // the simplified character
	syl    uint16 // the folded syllable, 0 if it has no reading
	spell  uint32 // its spelling without the tone, 0 if it has no reading
	tone   uint8  // 1 to 5
}

// hanFirst and hanLast bound the characters of the table (CJK unified, BMP).
const hanFirst, hanLast = 0x3400, 0x9fff

// hanTable is built once, from the readings of go-pinyin.
var hanTable = sync.OnceValue(func() *[hanLast - hanFirst + 1]han {
	var t [hanLast - hanFirst + 1]han
	for r := range t {
		t[r].simple = uint16(r + hanFirst)
		reading, _, _ := strings.Cut(pinyin.PinyinDict[r+hanFirst], ",")
		t[r].read(reading)
	}
	for _, pair := range strings.Fields(traditional) {
		p := []rune(pair)
		t[p[0]-hanFirst].simple = uint16(p[1])
	}
	for _, o := range strings.Fields(polyphones) {
		p := []rune(o)
		for _, reading := range strings.Split(pinyin.PinyinDict[int(p[0])], ",") {
			if toneless(reading) == string(p[1:]) {
				t[p[0]-hanFirst].read(reading)
			}
		}
	}
	return &t
})

// read notes a reading, "dòng".
func (h *han) read(reading string) {
	plain := toneless(reading)
	if h.syl = foldSyllable(plain); h.syl == 0 {
		return
	}
	h.spell, h.tone = spelling(plain), 0
	for _, r := range norm.NFD.String(reading) {
		h.tone = max(h.tone, toneOf(r))
	}
	if h.tone == 0 {
		h.tone = 5 // the neutral one
	}
}

// toneOf is the tone that a combining mark stands for, 0 for none.
func toneOf(mark rune) uint8 {
	switch mark {
	case '\u0304':
		return 1
	case '\u0301':
		return 2
	case '\u030c':
		return 3
	case '\u0300':
		return 4
	}
	return 0
}

// spelling is the key of a syllable written in letters, without its tone.
func spelling[S ~string | ~[]byte](letters S) uint32 {
	return mix(wordKey(letters), 0x70696e) | wordBit
}

// toned is the key of a spelling with its tone.
func toned(spell uint32, tone uint8) uint32 { return mix(spell, uint32(tone)) | wordBit }

// polyphones are characters whose commonest reading is not the one they have
// in the words of this trade. A character has one reading here; both text and
// terms are folded by it, so a wrong one only loses homophones.
const polyphones = "行hang 重chong 长zhang 还hai 调diao 率lü 卡ka 折zhe 单dan 号hao 数shu 都dou 了le 地di 得de 的de 着zhe 只zhi 系xi 给gei 传chuan 降jiang 盛sheng 乐le 露lu 差cha 参can 便bian 说shuo 会hui 没mei 转zhuan 提ti 查cha 车che 血xue 弹tan 屏ping 应ying 种zhong 朝chao"

// toneless strips tone marks: "dòng" becomes "dong", "lǜ" "lü".
func toneless(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case r == '\u0308': // diaeresis: part of ü
			b.WriteByte('v')
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "uv", "v")
}

// Sounds that recognisers of Mandarin mix up, folded into one: the initials
// zh z, ch c, sh s, n l r, f h; the finals in ing, en eng, an ang.
var (
	initialFolds = strings.NewReplacer("zh", "z", "ch", "c", "sh", "s", "n", "l", "r", "l", "f", "h")
	finalFolds   = []struct{ long, short string }{{"iang", "ian"}, {"uang", "uan"}, {"ang", "an"}, {"eng", "en"}, {"ing", "in"}}
)

// syllables numbers the folded syllables from 1.
var syllables = map[string]uint16{}

// foldSyllable returns the number of a toneless syllable's class, 0 for "".
// It runs only while tables are built.
func foldSyllable(s string) uint16 {
	s = canonical(s)
	if s == "" {
		return 0
	}
	if syllables[s] == 0 {
		syllables[s] = uint16(len(syllables) + 1)
	}
	return syllables[s]
}

// canonical folds one toneless syllable to the name of its class.
func canonical(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "ü", "v")
	for _, r := range s {
		if r < 'a' || r > 'z' {
			return ""
		}
	}
	i := strings.IndexAny(s, "aeiouv")
	if i < 0 {
		return ""
	}
	initial, final := initialFolds.Replace(s[:i]), s[i:]
	for _, f := range finalFolds {
		if final == f.long {
			final = f.short
			break
		}
	}
	if initial == "h" && final == "ong" {
		final = "en" // feng and hong
	}
	return initial + final
}

// syllableOf returns the class of a syllable written in letters ("dong4",
// "jié", "jie"), 0 if Mandarin has none such.
func syllableOf(word string) uint16 {
	if len(word) > 8 {
		return 0
	}
	return syllables[canonical(strings.TrimRight(word, "12345"))]
}

// fillers are characters that carry no meaning and come between any two.
const fillers = "啊呃嗯哎哦噢喔诶嘛呐哟呗啦咯呀咗呢欸唉"

// traditional lists the characters of the lexicon that Hong Kong and Taiwan
// write otherwise, each followed by its simplified form.
const traditional = `帐账 凍冻 結结 帳账 賬账 戶户 號号 機机 終终 碼码 驗验 證证 銀银 聯联 權权 險险 護护 轉转 錢钱 幣币 單单 據据 報报 
讀读 輸输 發发 給给 鏈链 連连 載载 應应 螢荧 遠远 協协 罰罚 訴诉 訟讼 審审 檢检 關关 閉闭 停停 鎖锁 斷断 開开 解解 
調调 動动 務务 業业 實实 資资 訊讯 個个 們们 這这 來来 對对 時时 間间 點点 內内 過过 還还 沒没 為为 說说 話话 請请 謝谢 
費费 貸贷 額额 購购 買买 賣卖 獎奖 優优 惠惠 領领 取取 積积 換换 級级 係系 統统 經经 營营 執执 續续 網网 絡络 電电 腦脑 
綁绑 屬属 親亲 車车 傷伤 醫医 療疗 緊紧 極极 馬马 門门 閘闸 學学 國国 際际 東东 區区 廣广 導导 員员 師师 團团 條条 總总 
幫帮 認认 識识 訂订 處处 風风 規规 監监 獲获 異异 嚴严 賊贼 騙骗 誤误 補补 辦办 壓压 讓让 聽听 線线 體体 屏屏 頁页 類类 
側侧 債债 償偿 價价 餘余 無无 顯显 現现 確确 掛挂 離离 職职 專专 與与 後后 裡里 裏里 並并 擊击 備备 檔档 慮虑 憑凭 擔担 
歸归 滿满 漲涨 佔占 僅仅 從从 將将 禁禁 變变 邊边 臺台 兩两 萬万 億亿 銷销 貨货 運运 輛辆 飯饭 館馆 臨临 標标 隱隐`
