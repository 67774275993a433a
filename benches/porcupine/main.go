// Times Porcupine on the etcd logs: main DATA, where DATA has the logs and expected.json.
//
// One line per pass over all logs: the milliseconds of the checks alone, and how many verdicts are not the known ones.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// What is asked of the register.
type input struct {
	f        string
	from, to string
}

// What it answered; after a time-out nobody knows.
type output struct {
	known, ok bool
	value     string
}

// Values stay texts: "nil" is what is there at first.
var register = porcupine.Model{
	Init: func() interface{} { return "nil" },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		now, asked, said := state.(string), in.(input), out.(output)
		switch asked.f {
		case ":read":
			return !said.known || said.value == now, now
		case ":write":
			return true, asked.to
		default:
			// A refused compare-and-set says that another value was there.
			matches := now == asked.from
			if said.known && matches != said.ok {
				return false, now
			}
			if matches {
				return true, asked.to
			}
			return true, now
		}
	},
	Equal: func(a, b interface{}) bool { return a.(string) == b.(string) },
}

// The calls and returns of one log. What never completed returns at the end, because Porcupine wants a return of each.
func events(path string) ([]porcupine.Event, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []porcupine.Event
	running := map[int]int{}
	calls := 0
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Split(line[strings.LastIndex(line, " - ")+1:], "\t")
		process, err := strconv.Atoi(strings.TrimPrefix(fields[0], "- "))
		if err != nil || len(fields) < 4 {
			continue
		}
		kind, f, values := fields[1], fields[2], strings.Fields(strings.Trim(fields[3], "[]"))
		if kind == ":invoke" {
			asked := input{f: f, to: values[len(values)-1], from: values[0]}
			all = append(all, porcupine.Event{ClientId: process, Kind: porcupine.CallEvent, Value: asked, Id: calls})
			running[process] = calls
			calls++
		} else if id, is := running[process]; is && kind != ":info" {
			delete(running, process)
			said := output{known: values[0] != ":timed-out", ok: kind == ":ok", value: values[0]}
			all = append(all, porcupine.Event{ClientId: process, Kind: porcupine.ReturnEvent, Value: said, Id: id})
		}
	}
	// In the order of the processes, so that every pass does the same work.
	left := make([]int, 0, len(running))
	for process := range running {
		left = append(left, process)
	}
	sort.Ints(left)
	for _, process := range left {
		all = append(all, porcupine.Event{ClientId: process, Kind: porcupine.ReturnEvent, Value: output{}, Id: running[process]})
	}
	return all, nil
}

type known struct {
	Files []struct {
		File, Model  string
		Linearizable bool
	}
}

func main() {
	var expected known
	text, err := os.ReadFile(filepath.Join(os.Args[1], "expected.json"))
	if err == nil {
		err = json.Unmarshal(text, &expected)
	}
	if err != nil {
		fmt.Println("skipped:", err)
		return
	}
	for pass := 0; pass < 3; pass++ {
		var took time.Duration
		files, wrong := 0, 0
		for _, file := range expected.Files {
			if file.Model != "etcd-cas-register" {
				continue
			}
			history, err := events(filepath.Join(os.Args[1], file.File))
			if err != nil {
				fmt.Println("skipped:", err)
				return
			}
			begun := time.Now()
			linearizable := porcupine.CheckEvents(register, history)
			took += time.Since(begun)
			files++
			if linearizable != file.Linearizable {
				wrong++
			}
		}
		fmt.Printf("Porcupine: %9.3f ms, %d etcd logs, %d verdicts wrong\n", float64(took.Nanoseconds())/1e6, files, wrong)
	}
}
