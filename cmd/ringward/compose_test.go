package main

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"

	"ringward/cmd/ringward/config"
)

const root = "../.."

// composed loads docker-compose.yml with all its profiles.
func composed(t *testing.T) *types.Project {
	t.Helper()
	file := filepath.Join(root, "docker-compose.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := filepath.Abs(root)
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{WorkingDir: dir, ConfigFiles: []types.ConfigFile{{Filename: file, Content: text}}},
		func(o *loader.Options) { o.SetProjectName("ringward", true); o.Profiles = []string{"*"} })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dockerfile is the instructions of each stage.
func dockerfile(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	stages, stage := map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if m := regexp.MustCompile(`^FROM \S+ AS (\w+)$`).FindStringSubmatch(line); m != nil {
			stage = m[1]
		}
		if line != "" && line[0] != '#' {
			stages[stage] = append(stages[stage], line)
		}
	}
	return stages
}

// listOf reads an instruction that is a JSON list.
func listOf(t *testing.T, stage []string, instruction string) (list []string) {
	t.Helper()
	for _, line := range stage {
		if i := strings.Index(line, "["); strings.HasPrefix(line, instruction) && i > 0 {
			if err := json.Unmarshal([]byte(line[i:]), &list); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	}
	return list
}

// TestComposeFile holds docker-compose.yml and the Dockerfile against each
// other, the configuration they serve and the files they name.
func TestComposeFile(t *testing.T) {
	p, d := composed(t), dockerfile(t)
	cfg, err := config.Load(filepath.Join(root, "deploy/docker/ringward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Services) != 6 {
		t.Errorf("%d services with all profiles, want 6", len(p.Services))
	}
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeBind {
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !v.ReadOnly {
					t.Errorf("%s can write to %s", name, v.Source)
				}
			}
		}
		if s.Build != nil && d[s.Build.Target] == nil {
			t.Errorf("%s: the Dockerfile has no stage %s", name, s.Build.Target)
		}
		if name != "recogniser" && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true")) {
			t.Errorf("%s is not hardened", name)
		}
		if s.NetworkMode != "host" || len(s.Ports) > 0 {
			t.Errorf("%s: the ports below are those of the host's network", name)
		}
	}
	gateway := p.Services["gateway"]
	serve := append(listOf(t, d["gateway"], "ENTRYPOINT"), listOf(t, d["gateway"], "CMD")...)
	if want := []string{"/usr/bin/ringward", "serve", "--config", "/etc/ringward/ringward.yaml"}; !slices.Equal(serve, want) || len(gateway.Command)+len(gateway.Entrypoint) > 0 {
		t.Errorf("the gateway runs %q, want %q", serve, want)
	}
	if health := listOf(t, d["gateway"], "HEALTHCHECK"); !slices.Equal(gateway.HealthCheck.Test, append([]string{"CMD"}, health...)) || health[1] != "health" {
		t.Errorf("health is asked by %q and %q", gateway.HealthCheck.Test, health)
	}
	if limit := time.Duration(*gateway.StopGracePeriod); limit <= cfg.Limits.DrainTimeout {
		t.Errorf("stopped after %s, running calls have %s", limit, cfg.Limits.DrainTimeout)
	}
	mounted := map[string]string{}
	for _, s := range p.Services {
		for _, v := range s.Volumes {
			mounted[v.Target] = v.Source
		}
	}
	if mounted[cfg.Data] == "" || !slices.Contains(d["gateway"], "VOLUME "+cfg.Data) || !slices.Contains(d["gateway"], "USER 65532:65532") {
		t.Errorf("data: %s is no volume, or the user is not 65532", cfg.Data)
	}
	checkDockerSources(t, d)
	checkObserved(t, p, cfg, mounted)
	checkDemonstration(t, p, cfg, d)
	if r := cfg.Speech.Recognisers; len(r) != 1 || r[0].URL != "ws://127.0.0.1:2700" || r[0].Language != "zh-CN" || p.Services["recogniser"].Image != "alphacep/kaldi-cn:latest" {
		t.Errorf("recogniser %+v of %s; its image listens on 2700", r, p.Services["recogniser"].Image)
	}
}

// checkDockerSources: what is copied is there, and Go is the module's.
func checkDockerSources(t *testing.T, d map[string][]string) {
	t.Helper()
	for stage, lines := range d {
		for _, line := range lines {
			f := strings.Fields(line)
			if f[0] != "COPY" || strings.HasPrefix(f[1], "--from") {
				continue
			}
			for _, file := range f[1 : len(f)-1] {
				if _, err := os.Stat(filepath.Join(root, file)); err != nil {
					t.Errorf("%s: %s: %v", stage, line, err)
				}
			}
		}
	}
	mod, _ := os.ReadFile(filepath.Join(root, "go.mod"))
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))[1]
	if !strings.HasPrefix(d["build"][0], "FROM golang:"+version+"-") {
		t.Errorf("%s builds a module of Go %s", d["build"][0], version)
	}
}

// checkObserved follows the metrics from the gateway to the board.
func checkObserved(t *testing.T, p *types.Project, cfg config.Config, mounted map[string]string) {
	t.Helper()
	read := func(file string, v any) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(root, file))
		if err == nil {
			err = yaml.Unmarshal(text, v)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	var prom struct {
		RuleFiles     []string `yaml:"rule_files"`
		ScrapeConfigs []struct {
			MetricsPath   string                       `yaml:"metrics_path"`
			JobName       string                       `yaml:"job_name"`
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	read("deploy/prometheus/prometheus.yml", &prom)
	if s := prom.ScrapeConfigs[0]; s.StaticConfigs[0].Targets[0] != cfg.Observe.Listen.String() || s.MetricsPath != "/metrics" || s.JobName != "ringward" {
		t.Errorf("Prometheus scrapes %+v, the gateway serves %s/metrics", s, cfg.Observe.Listen)
	}
	if mounted["/etc/prometheus/"+prom.RuleFiles[0]] == "" {
		t.Errorf("the rules %s are not mounted", prom.RuleFiles[0])
	}
	var sources struct{ Datasources []struct{ URL string } }
	read("deploy/grafana/provisioning/datasources/prometheus.yml", &sources)
	listen := "--web.listen-address=" + strings.TrimPrefix(sources.Datasources[0].URL, "http://")
	if !slices.Contains(p.Services["prometheus"].Command, listen) {
		t.Errorf("Grafana asks %s, Prometheus runs with %q", sources.Datasources[0].URL, p.Services["prometheus"].Command)
	}
	var boards struct {
		Providers []struct{ Options struct{ Path string } }
	}
	read("deploy/grafana/provisioning/dashboards/ringward.yml", &boards)
	if mounted[boards.Providers[0].Options.Path+"/ringward.json"] == "" || mounted["/etc/grafana/provisioning"] == "" {
		t.Errorf("the board is not mounted in %s", boards.Providers[0].Options.Path)
	}
	if e := p.Services["grafana"].Environment; *e["GF_SERVER_HTTP_ADDR"] != "127.0.0.1" || *e["GF_SERVER_HTTP_PORT"] != "3000" {
		t.Error("Grafana is not on http://127.0.0.1:3000")
	}
}

// argument is the word after a flag.
func argument(command []string, flag string) string {
	if i := slices.Index(command, flag); i >= 0 && i+1 < len(command) {
		return command[i+1]
	}
	return ""
}

// checkDemonstration: SIPp calls a line that is there, whose phone it is.
func checkDemonstration(t *testing.T, p *types.Project, cfg config.Config, d map[string][]string) {
	t.Helper()
	carrier, phone, line := p.Services["demo-carrier"].Command, p.Services["demo-phone"].Command, cfg.Lines[0]
	if carrier[0] != cfg.Listen[0].Addr.String() || "+"+argument(carrier, "-s") != line.Number {
		t.Errorf("the carrier calls %s at %s; the line is %s at %s", argument(carrier, "-s"), carrier[0], line.Number, cfg.Listen[0])
	}
	if at := "@" + argument(phone, "-i") + ":" + argument(phone, "-p"); !strings.HasSuffix(line.Targets[0], at) {
		t.Errorf("the phone is %s, the line rings %s", at, line.Targets[0])
	}
	from := net.ParseIP(argument(carrier, "-i"))
	if !slices.ContainsFunc(cfg.Trunks[0].Sources, func(n netip.Prefix) bool { return n.String() == "127.0.0.0/8" }) || !from.IsLoopback() {
		t.Errorf("%s is no source of %s", from, cfg.Trunks[0].Name)
	}
	if !slices.Contains(d["sipp"], "COPY deploy/docker/caller.xml "+argument(carrier, "-sf")) {
		t.Errorf("the scenario %s is not in the image", argument(carrier, "-sf"))
	}
	for _, port := range []string{argument(carrier, "-mp"), argument(phone, "-mp")} {
		if n, _ := strconv.Atoi(port); n >= int(cfg.Media.Ports.Min) && n <= int(cfg.Media.Ports.Max) || n == 0 {
			t.Errorf("SIPp's media port %s is one of the gateway's", port)
		}
	}
}

// TestImageWithoutDocker stands in for the container, which cannot be built
// everywhere: the binary that the Dockerfile builds has no dynamic part, runs as
// a user without rights in a folder that it cannot write, says that it is well,
// takes the demonstration's call, and stops in order.
func TestImageWithoutDocker(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("builds the program, for Linux")
	}
	dir := t.TempDir()
	for d := dir; d != filepath.Dir(d) && d != os.TempDir(); d = filepath.Dir(d) {
		_ = os.Chmod(d, 0o755) // so that another user may pass
	}
	bin := buildAsDockerfile(t, dir)
	box := newBox(t, dir, bin)
	box.start()
	box.until("the gateway to be well", func() bool { return box.run("health", "--config", box.config, "--ready") == nil })
	box.call(t)
	if err := box.stop(); err != nil {
		t.Errorf("it ended with %v, want exit status 0", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 3 { // program, configuration, data
		t.Errorf("it wrote beside its data: %v", left)
	}
}

// buildAsDockerfile runs the Dockerfile's own command.
func buildAsDockerfile(t *testing.T, dir string) string {
	t.Helper()
	for _, line := range dockerfile(t)["build"] {
		command, ok := strings.CutPrefix(line, "RUN CGO_ENABLED=0 go build")
		if !ok {
			continue
		}
		bin := filepath.Join(dir, "ringward")
		cmd := exec.Command("sh", "-c", "CGO_ENABLED=0 go build"+strings.Replace(command, "/out/ringward", bin, 1))
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
		f, err := elf.Open(bin)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if libs, _ := f.ImportedLibraries(); len(libs) > 0 || f.Section(".interp") != nil {
			t.Errorf("the binary needs %v; the image has nothing", libs)
		}
		return bin
	}
	t.Fatal("the Dockerfile does not build ringward")
	return ""
}

// box is the program as the container runs it, on ports of this test.
type box struct {
	t       *testing.T
	bin     string
	dir     string
	config  string
	ports   map[string]string
	process *exec.Cmd
	out     strings.Builder
}

func newBox(t *testing.T, dir, bin string) *box {
	t.Helper()
	b := &box{t: t, bin: bin, dir: dir, config: filepath.Join(dir, "ringward.yaml"), ports: map[string]string{}}
	text, err := os.ReadFile(filepath.Join(root, "deploy/docker/ringward.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	s := strings.Replace(string(text), "/var/lib/ringward", data, 1)
	for _, port := range []string{"5060", "5070", "8080", "9095"} {
		b.ports[port] = freePort(t)
		s = strings.ReplaceAll(s, "127.0.0.1:"+port, "127.0.0.1:"+b.ports[port])
	}
	s = strings.Replace(s, "20000-20399", "31600-31999", 1) + "\nbrowsers: {port: " + freePort(t) + "}\n"
	if err := os.WriteFile(b.config, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(data, 65532, 65532); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
}

// command runs the binary as the image's user, if we may, with no environment.
func (b *box) command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.bin, args...)
	cmd.Dir, cmd.Env = "/", []string{}
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	}
	return cmd
}

func (b *box) run(args ...string) error { return b.command(args...).Run() }

func (b *box) start() {
	b.process = b.command("serve", "--config", b.config)
	b.process.Stdout, b.process.Stderr = &b.out, &b.out
	if err := b.process.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		_ = b.process.Process.Kill()
		_ = b.process.Wait()
		if b.t.Failed() {
			b.t.Log(b.out.String())
		}
	})
}

func (b *box) stop() error {
	_ = b.process.Process.Signal(syscall.SIGTERM)
	return b.process.Wait()
}

func (b *box) until(what string, ok func() bool) {
	b.t.Helper()
	eventually(b.t, what, ok)
}

// call runs the demonstration's SIPp commands and asks for the record.
func (b *box) call(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("SIPp is not installed: apt-get install sip-tester")
	}
	p := composed(t)
	args := func(service string, more ...string) []string {
		var out []string
		for _, w := range p.Services[service].Command {
			for old, port := range b.ports {
				if w == old || strings.HasSuffix(w, ":"+old) {
					w = strings.TrimSuffix(w, old) + port
				}
			}
			switch w {
			case "/etc/sipp/caller.xml":
				w, _ = filepath.Abs(filepath.Join(root, "deploy/docker/caller.xml"))
			case "5080":
				w = freePort(t)
			}
			out = append(out, w)
		}
		return append(out, more...)
	}
	phone := exec.Command(sipp, args("demo-phone", "-m", "1")...)
	phone.Dir = t.TempDir()
	if err := phone.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = phone.Process.Kill(); _ = phone.Wait() }()
	carrier := exec.Command(sipp, args("demo-carrier", "-m", "1", "-d", "200", "-rp", "1000", "-timeout", "60s")...)
	carrier.Dir = phone.Dir
	if out, err := carrier.CombinedOutput(); err != nil {
		t.Fatalf("the carrier's call: %v: %s", err, out)
	}
	eventually(t, "the record of the call", func() bool {
		out, err := b.command("calls", "list", "--config", b.config, "--json").Output()
		return err == nil && strings.Contains(string(out), `"answered"`) && strings.Contains(string(out), `"label"`)
	})
}
