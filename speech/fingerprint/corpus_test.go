package fingerprint_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The corpus is spoken by espeak-ng and flite. Each number gives one recording,
// always the same: voice, speed, pitch and text are drawn from the number.

const models = "../../../shared/models"

// speakers skips the test when no synthesiser is installed.
func speakers(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"espeak-ng", "flite"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s in the PATH to make its recordings", tool)
		}
	}
}

// vocabulary is what the texts are drawn from, word by word (by character in
// Chinese): recordings share words, as real ones do, but no sentence. A shared
// sentence of one synthesiser is the same sound and no false match.
var vocabulary = map[string][]string{
	"en": strings.Fields(`account terminal frozen merchant service payment bank card code message please
		today tomorrow morning review document number hour phone ready quality training agent matter parcel
		depot doctor appointment opening thank call important weather cloudy rain north train platform leave
		question visit refund dollar way urgent notice electricity bill Sunday goods order arrive customer
		company security police transfer limit contract window garden yellow river mountain teacher school
		because without between against under never always perhaps already together slowly quickly about
		we you they our your their have has would should could will can must want need know think believe
		ask answer open close bring take give receive confirm cancel change read write listen wait travel
		one two three four five six seven eight nine zero hundred thousand Monday Friday January October
		Shanghai Berlin Madrid Peking Victoria Northern Harbour Union Market Lotus Point coffee bread water`),
	"zh": strings.Split("您好这里是客服中心的收款码已被冻结请立即办理解封终端编号今年审没有通过准备银行卡手机稍后会到六位验证"+
		"如果在小时内不处账户将永久停用本次话录音配合人工务按重听九我们联系都接快递代点带身份领取明天气多云北方雨"+
		"去火车第站台问周末间一起吃饭费余额足元及充值店新了批水果又鲜便宜老师说孩子最近学习很努力家长可以放心退原路返回"+
		"医生建议下个月再来检查季度账单寄邮箱山东南西海花春秋冬夏红绿蓝白黑大高远深热冷早晚左右前朋友公司经理", ""),
	"de": strings.Fields(`Konto Karte Gerät gesperrt Kunde Dienst Nummer heute morgen gestern bitte Telefon bereit
		Stunden Antwort geschlossen Zug Gleis fährt Bestellung angekommen Gespräch Schulung aufgezeichnet wolkig
		Regen Norden drücken Mitarbeiter sprechen Arzt Termin Donnerstag verschoben Rückzahlung Euro unterwegs
		Dank Geduld gleich wir Sie ich haben sein werden können müssen wollen nicht aber oder weil wenn über
		unter zwischen eins zwei drei vier fünf sechs sieben acht neun hundert Garten Fenster Schule Lehrer`),
	"es": strings.Fields(`cuenta tarjeta terminal bloqueado cliente servicio número hoy mañana ayer por favor teléfono
		horas respuesta cerrada tren andén sale pedido recibido llamada calidad grabada nublado lluvia norte pulse
		agente hablar médico cita jueves cambiado reembolso euros camino gracias esperar enseguida nosotros usted
		tener ser poder deber querer pero porque cuando sobre entre uno dos tres cuatro cinco seis siete ocho
		nueve cien jardín ventana escuela profesor montaña río amarillo contrato empresa seguridad policía`),
}

// espeak voice families; each is combined with a variant, speed and pitch.
var accents = []struct{ voice, text string }{
	{"cmn-latn-pinyin", "zh"}, {"cmn-latn-pinyin", "zh"}, {"cmn-latn-pinyin", "zh"}, {"cmn-latn-pinyin", "zh"},
	{"en-us", "en"}, {"en-gb", "en"}, {"en-gb-scotland", "en"}, {"en-gb-x-rp", "en"}, {"en-029", "en"},
	{"de", "de"}, {"es", "es"}, {"es-419", "es"}, {"nl", "de"}, {"sv", "de"}, {"it", "es"}, {"pt", "es"},
}

var variants = strings.Fields("m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 klatt4 Alex Andy Annie Gene Lee Mario Michael Nguyen adam anika antonio aunty belinda boris caleb david ed edward grandma grandpa iven linda max miguel norbert pablo paul pedro quincy rob robert sandro shelby steph travis victor zac")

var fliteVoices = strings.Fields("kal kal16 awb rms slt")

// spoken makes recording number n, about seconds long at most.
func spoken(n uint64, seconds int) ([]int16, error) {
	r := rand.New(rand.NewPCG(n, 20))
	dir, err := os.MkdirTemp("", "ringward-speech-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "a.wav")
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	cmd := sayCommand(ctx, r, file, seconds)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", cmd.Path, err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pcm, err := readWave(data, 0.92+0.16*r.Float64()) // no two share a voice exactly
	return level(pcm[:min(len(pcm), seconds*8000)], -20), err
}

func sayCommand(ctx context.Context, r *rand.Rand, file string, seconds int) *exec.Cmd {
	if r.IntN(12) == 0 {
		voice := fliteVoices[r.IntN(len(fliteVoices))]
		return exec.CommandContext(ctx, "flite", "-voice", voice,
			"--setf", fmt.Sprintf("duration_stretch=%.2f", 0.8+0.5*r.Float64()),
			"--setf", fmt.Sprintf("int_f0_target_mean=%d", 90+r.IntN(120)),
			"-t", text(r, "en", seconds), "-o", file)
	}
	a := accents[r.IntN(len(accents))]
	voice := a.voice + "+" + variants[r.IntN(len(variants))]
	speed, pitch := 130+r.IntN(80), 20+r.IntN(60)
	return exec.CommandContext(ctx, "espeak-ng", "-v", voice, "-s", fmt.Sprint(speed), "-p", fmt.Sprint(pitch),
		"-w", file, text(r, a.text, seconds))
}

// text draws words for at least the time, with a pause now and then.
func text(r *rand.Rand, lang string, seconds int) string {
	words, blank := vocabulary[lang], " "
	n := 3 * seconds
	if lang == "zh" {
		blank, n = "", 5*seconds
	}
	var b strings.Builder
	for range n {
		b.WriteString(words[r.IntN(len(words))])
		if r.IntN(9) == 0 {
			b.WriteString(",.?"[r.IntN(3):][:1])
		}
		b.WriteString(blank)
	}
	return b.String()
}

// readWave reads 16-bit mono PCM of any rate as 8 kHz, played speed times as fast.
func readWave(data []byte, speed float64) ([]int16, error) {
	if len(data) < 44 || string(data[8:12]) != "WAVE" {
		return nil, errors.New("no WAVE file")
	}
	rate := 0
	for at := 12; at+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		body := data[at+8:]
		if size > len(body) {
			size = len(body) // synthesisers that write to a pipe leave it open
		}
		switch string(data[at : at+4]) {
		case "fmt ":
			rate = int(binary.LittleEndian.Uint32(body[4:]))
		case "data":
			return resample(bytesPCM(body[:size]), speed*float64(rate)/8000), nil
		}
		at += 8 + size + size&1
	}
	return nil, errors.New("no sound in WAVE file")
}

// human reads the recorded speech beside the repository, by pattern.
func human(t testing.TB, pattern string) [][]int16 {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(models, "*", pattern))
	var all [][]int16
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pcm, err := readWave(data, 1)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, level(pcm, -20))
	}
	return all
}

func bytesPCM(data []byte) []int16 {
	pcm := make([]int16, len(data)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return pcm
}

func pcmBytes(pcm []int16) []byte {
	data := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		data = binary.LittleEndian.AppendUint16(data, uint16(s))
	}
	return data
}
