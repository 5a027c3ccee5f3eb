/* resolve_gate.c - see resolve_gate.h. */
#include "handlers/resolve_gate.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SWEEP_ABOVE = 1024 }; // hosts remembered before stale ones are dropped

struct gate_host {
    struct list node;
    struct str name;
    uint16_t port;
    uint64_t known_until;
    unsigned ahead;   // passes looking it up
    unsigned waiting; // passes
};

void gate_init(struct resolve_gate *gate) {
    *gate = (struct resolve_gate){0};
    for (size_t i = 0; i < GATE_BUCKETS; i++) list_init(&gate->buckets[i]);
    list_init(&gate->waiting);
    list_init(&gate->ready);
}

static void forget(struct resolve_gate *gate, struct gate_host *host) {
    list_remove(&host->node);
    gate->host_count--;
    free(host);
}

/* Drops hosts that nobody uses; `now` at its maximum drops them all. */
static void sweep(struct resolve_gate *gate, uint64_t now) {
    for (size_t i = 0; i < GATE_BUCKETS; i++)
        for (struct list *node = gate->buckets[i].next; node != &gate->buckets[i];) {
            struct gate_host *host = LIST_ENTRY(node, struct gate_host, node);
            node = node->next;
            if (host->ahead == 0 && host->waiting == 0 && host->known_until <= now)
                forget(gate, host);
        }
}

void gate_free(struct resolve_gate *gate) {
    sweep(gate, UINT64_MAX);
}

static struct gate_host *find_host(struct resolve_gate *gate, struct str name, uint16_t port,
                                   uint64_t now) {
    struct list *bucket = &gate->buckets[hash_str(name, port) % GATE_BUCKETS];
    for (struct list *node = bucket->next; node != bucket; node = node->next) {
        struct gate_host *host = LIST_ENTRY(node, struct gate_host, node);
        if (host->port == port && str_equal(host->name, name)) return host;
    }
    if (gate->host_count >= SWEEP_ABOVE) sweep(gate, now);
    struct gate_host *host = xcalloc(1, sizeof *host + name.len);
    memcpy(host + 1, name.ptr, name.len);
    host->name = (struct str){(char *)(host + 1), name.len};
    host->port = port;
    list_append(bucket, &host->node);
    gate->host_count++;
    return host;
}

static bool has_room(const struct resolve_gate *gate, const struct gate_host *host) {
    return host->ahead < GATE_A_HOST && gate->ahead < GATE_IN_ALL;
}

static void go_ahead(struct resolve_gate *gate, struct gate_pass *pass) {
    pass->is_ahead = true;
    pass->host->ahead++;
    gate->ahead++;
}

bool gate_enter(struct resolve_gate *gate, struct gate_pass *pass, struct str host, uint16_t port,
                uint64_t now) {
    *pass = (struct gate_pass){.host = find_host(gate, host, port, now)};
    list_init(&pass->node);
    if (pass->host->known_until > now) {
        pass->host = NULL;
        return true;
    }
    if (has_room(gate, pass->host)) {
        go_ahead(gate, pass);
        return true;
    }
    pass->host->waiting++;
    list_append(&gate->waiting, &pass->node);
    return false;
}

static void release_waiting(struct resolve_gate *gate, struct gate_host *host, bool has_failed) {
    for (struct list *node = gate->waiting.next; node != &gate->waiting && host->waiting > 0;) {
        struct gate_pass *pass = LIST_ENTRY(node, struct gate_pass, node);
        node = node->next;
        if (pass->host != host) continue;
        list_remove(&pass->node);
        host->waiting--;
        pass->host = NULL;
        pass->has_failed = has_failed;
        list_append(&gate->ready, &pass->node);
    }
}

void gate_news(struct resolve_gate *gate, struct gate_pass *pass, enum gate_news news,
               uint64_t now) {
    struct gate_host *host = pass->host;
    if (!host) {
        list_remove(&pass->node); // perhaps it is ready and nobody asked yet
        return;
    }
    pass->host = NULL;
    if (!pass->is_ahead) { // it waited, and leaves
        list_remove(&pass->node);
        host->waiting--;
        return;
    }
    pass->is_ahead = false;
    host->ahead--;
    gate->ahead--;
    if (news == GATE_KNOWN) {
        host->known_until = now + GATE_FRESH_MS;
        release_waiting(gate, host, false);
    } else if (news == GATE_FAILED) {
        release_waiting(gate, host, true);
    }
}

/* The oldest that waits for a host with room. */
static struct gate_pass *next_with_room(struct resolve_gate *gate, uint64_t now) {
    if (gate->ahead >= GATE_IN_ALL) return NULL;
    for (struct list *node = gate->waiting.next; node != &gate->waiting; node = node->next) {
        struct gate_pass *pass = LIST_ENTRY(node, struct gate_pass, node);
        bool known = pass->host->known_until > now;
        if (!known && !has_room(gate, pass->host)) continue;
        list_remove(&pass->node);
        pass->host->waiting--;
        if (known)
            pass->host = NULL;
        else
            go_ahead(gate, pass);
        return pass;
    }
    return NULL;
}

struct gate_pass *gate_next(struct resolve_gate *gate, uint64_t now) {
    struct list *node = list_take_first(&gate->ready);
    if (node) return LIST_ENTRY(node, struct gate_pass, node);
    return list_is_empty(&gate->waiting) ? NULL : next_with_room(gate, now);
}
