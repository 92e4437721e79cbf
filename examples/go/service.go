// A service that decides about messages and prints events: README.md says how to run it.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type question struct {
	Type, Server string
	Data         struct{ Texts []string }
}

type decision struct {
	Decision string `json:"decision"`
	Code     int    `json:"code,omitempty"`
	Message  string `json:"message,omitempty"`
}

type event struct {
	ID, Type, Subject string
	Data              json.RawMessage
}

func decide(asked question) any {
	text := strings.ToLower(strings.Join(asked.Data.Texts, "\n"))
	if asked.Type == "message.send" && strings.Contains(text, "casino") {
		code := 20005
		if asked.Server == "tencent" {
			code = 120005
		}
		return decision{"refuse", code, "no advertising"}
	}
	return decision{Decision: "allow"}
}

// Your database remembers ids better, because this map is lost with the process.
var seen sync.Map

func take(sent event) any {
	if _, again := seen.LoadOrStore(sent.ID, true); !again {
		fmt.Println(sent.Type, sent.Subject, string(sent.Data))
	}
	return nil
}

// signed answers requests that are signed with the secret in this variable, and refuses all others.
func signed[T any](variable string, answer func(T) any) http.HandlerFunc {
	webhook, err := webhooks.NewWebhook(os.Getenv(variable))
	if err != nil || os.Getenv(variable) == "" {
		log.Fatalf("%s is not set to a secret", variable)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		var sent T
		body, err := io.ReadAll(r.Body)
		if err != nil || webhook.Verify(body, r.Header) != nil || json.Unmarshal(body, &sent) != nil {
			w.WriteHeader(http.StatusUnauthorized)
		} else if answered := answer(sent); answered == nil {
			w.WriteHeader(http.StatusNoContent)
		} else {
			w.Header().Set("content-type", "application/json")
			json.NewEncoder(w).Encode(answered)
		}
	}
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	http.HandleFunc("POST /decide", signed("DECISION_SECRET", decide))
	http.HandleFunc("POST /events", signed("DELIVERY_SECRET", take))
	log.Fatal(http.ListenAndServe(net.JoinHostPort(setting("ADDRESS", "127.0.0.1"), setting("PORT", "8080")), nil))
}
