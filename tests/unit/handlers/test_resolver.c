/* test_resolver.c - names that hang, that lie, that have many addresses, and many calls to one
 * name. This program brings its own getaddrinfo, which libcurl's resolver then uses. */
#include "handlers/resolve_gate.h"
#include "world.h"

#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static _Atomic bool is_released;
static _Atomic int asking, most_asking, asked;

static int real_lookup(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, ret);
}

/* hang.test: no answer until released.   slow.test: 127.0.0.1 after 100 ms.
 * inner.test: 127.0.0.1.   mixed.test: 10.0.0.1 and 127.0.0.1.   none.test: no such name, slowly.
 */
__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **ret) {
    if (!name || !strstr(name, ".test") || hints->ai_flags & AI_NUMERICHOST)
        return real_lookup(name, service, hints, ret);
    int now = atomic_fetch_add(&asking, 1) + 1;
    atomic_fetch_add(&asked, 1);
    if (now > most_asking) most_asking = now;
    if (strcmp(name, "hang.test") == 0)
        while (!is_released) usleep(5000);
    if (strcmp(name, "slow.test") == 0 || strcmp(name, "none.test") == 0) usleep(100000);
    int code = EAI_NONAME;
    if (strcmp(name, "none.test") != 0 && strcmp(name, "hang.test") != 0)
        code = real_lookup("127.0.0.1", service, hints, ret);
    if (code == 0 && strcmp(name, "mixed.test") == 0) {
        struct addrinfo *first;
        code = real_lookup("10.0.0.1", service, hints, &first);
        if (code == 0) {
            first->ai_next = *ret;
            *ret = first;
        }
    }
    atomic_fetch_sub(&asking, 1);
    return code;
}

static void wait_for(struct world *world, _Atomic int *counter, int value) {
    int64_t end = target_now_ms() + 5000;
    while (*counter != value && target_now_ms() < end) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    assert_int_equal(*counter, value);
}

static void test_a_name_that_hangs_blocks_nobody(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){0});
    is_released = false;
    struct call *hanging = world_call(&world, "{\"url\":\"http://hang.test/\"}");
    struct call *timed = world_call(&world, "{\"url\":\"http://hang.test/\",\"timeoutSeconds\":1}");
    wait_for(&world, &asking, 2);
    struct call *other = world_call(&world, "{\"url\":\"http://127.0.0.1:%d/ok\"}", world.port);
    assert_true(world_wait(&world, other));
    assert_string_equal(other->output, "hello");
    int64_t start = target_now_ms();
    hanging->run.stop_reason = STOP_CANCEL;
    world.handler->stop(world.handler, &hanging->run);
    assert_true(world_wait(&world, hanging));
    assert_in_range(target_now_ms() - start, 0, 300);
    assert_true(world_wait(&world, timed));
    assert_int_equal(timed->result.error_type, ERROR_TIMEOUT);
    assert_in_range(target_now_ms() - start, 0, 1500);
    is_released = true;
    wait_for(&world, &asking, 0);
    world_end(&world);
}

static void test_calls_to_one_name_share_its_lookup(void **state) {
    (void)state;
    enum { CALLS = 300 };
    static struct call *calls[CALLS];
    struct world world;
    world_start(&world, &(struct world_options){0});
    most_asking = asked = 0;
    for (int i = 0; i < CALLS; i++)
        calls[i] = world_call(&world, "{\"url\":\"http://slow.test:%d/ok\"}", world.port);
    for (int i = 0; i < CALLS; i++) {
        assert_true(world_wait(&world, calls[i]));
        assert_string_equal(calls[i]->error, "");
        assert_string_equal(calls[i]->output, "hello");
    }
    assert_in_range(most_asking, 1, GATE_A_HOST);
    assert_in_range(asked, 1, GATE_A_HOST);
    world_end(&world);
}

static void test_calls_to_a_name_without_address_all_fail(void **state) {
    (void)state;
    enum { CALLS = 100 };
    static struct call *calls[CALLS];
    struct world world;
    world_start(&world, &(struct world_options){0});
    most_asking = asked = 0;
    for (int i = 0; i < CALLS; i++)
        calls[i] = world_call(&world, "{\"url\":\"http://none.test:%d/ok\"}", world.port);
    for (int i = 0; i < CALLS; i++) {
        assert_true(world_wait(&world, calls[i]));
        assert_int_equal(calls[i]->result.error_type, ERROR_CONNECTION);
        assert_string_equal(calls[i]->error, "the name none.test could not be resolved");
    }
    assert_in_range(most_asking, 1, GATE_A_HOST);
    world_end(&world);
}

static void test_waiting_for_a_name_can_time_out_and_be_stopped(void **state) {
    (void)state;
    enum { AHEAD = GATE_A_HOST };
    static struct call *ahead[AHEAD];
    struct world world;
    world_start(&world, &(struct world_options){0});
    is_released = false;
    for (int i = 0; i < AHEAD; i++)
        ahead[i] = world_call(&world, "{\"url\":\"http://hang.test/\"}");
    struct call *timed = world_call(&world, "{\"url\":\"http://hang.test/\",\"timeoutSeconds\":1}");
    struct call *stopped = world_call(&world, "{\"url\":\"http://hang.test/\"}");
    stopped->run.stop_reason = STOP_CANCEL;
    world.handler->stop(world.handler, &stopped->run);
    assert_true(world_wait(&world, stopped));
    assert_true(strstr(stopped->error, "it had not been sent") != NULL);
    int64_t start = target_now_ms();
    assert_true(world_wait(&world, timed));
    assert_in_range(target_now_ms() - start, 800, 1400);
    assert_int_equal(timed->result.error_type, ERROR_TIMEOUT);
    for (int i = 0; i < AHEAD; i++) {
        ahead[i]->run.stop_reason = STOP_SHUTDOWN;
        world.handler->stop(world.handler, &ahead[i]->run);
    }
    for (int i = 0; i < AHEAD; i++) assert_true(world_wait(&world, ahead[i]));
    assert_int_equal(ahead[0]->result.error_type, ERROR_SHUTDOWN);
    is_released = true;
    wait_for(&world, &asking, 0);
    world_end(&world);
}

/* The name looks public; where it leads is what counts. */
static void test_a_name_that_leads_inside_is_blocked(void **state) {
    (void)state;
    struct world world;
    world_start(&world, &(struct world_options){.is_guarded = true});
    struct call *call = world_call(&world, "{\"url\":\"http://inner.test:%d/ok\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_true(strstr(call->error, "private or reserved address") != NULL);
    assert_true(call->result.never_retry);
    assert_int_equal(world.server->open, 0);
    world_end(&world);

    /* The host on the allow-list may; and of many addresses each is judged by itself. */
    struct str allowed[] = {STR("inner.test"), STR("127.0.0.0/8")};
    world_start(&world, &(struct world_options){
                            .is_guarded = true, .allowed = allowed, .allowed_count = 2});
    call = world_call(&world, "{\"url\":\"http://inner.test:%d/ok\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_string_equal(call->output, "hello");
    call = world_call(&world, "{\"url\":\"http://mixed.test:%d/ok\"}", world.port);
    assert_true(world_wait(&world, call));
    assert_string_equal(call->output, "hello");
    world_end(&world);
}
