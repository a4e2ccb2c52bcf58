# mg: `make demo` shows it, `make check` tests it; README.md says the rest.

PREFIX = /usr/local
DESTDIR =
CC = cc
VERSION = 0.1.0

# SAN=1: AddressSanitizer, UBSan and the leak check, in a tree of its own.
ifdef SAN
B = build/san
BIN = build/san/bin
OPT = -O1 -g -fno-omit-frame-pointer
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all
else
B = build/rel
BIN = bin
OPT = -O2 -g
endif

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wno-unused-parameter \
	-Wno-missing-field-initializers $(if $(CI),-Werror)
CPPFLAGS = -D_GNU_SOURCE -Ilib -DMG_VERSION='"$(VERSION)"' \
	-DMG_PREFIX='"$(PREFIX)"'
CFLAGS = -std=c11 $(OPT) $(WARN) $(SANFLAGS)
# A command links only what its rooms use; symbols are bound when first used.
LDFLAGS = -Wl,--as-needed -Wl,-z,lazy
LIBS = -lcurl -lyaml -lmd -lm # libjq is loaded when -q needs it
TESTLIBS = $(LIBS) -ljq

CMDS = $(basename $(notdir $(wildcard cmd/*.c)))
OBJS = $(patsubst %.c,$B/%.o,$(wildcard lib/*/*.c))
UNITS = $(patsubst %.c,$B/%,$(wildcard tests/unit/*.c))
TOOLS = $(patsubst %.c,$B/%,$(wildcard tests/tools/*.c))
FUZZ = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
MANS = $(wildcard man/*.[157])
SHELLS = bash zsh fish
SCRIPTS = $(shell grep -lrE '^.!/(bin/sh|usr/bin/env bash)|^. shellcheck shell' \
	tests/*.* tests/bench examples share .ci)

all: $(addprefix $(BIN)/,$(CMDS))

$(BIN)/%: $B/cmd/%.o $B/libmg.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $B/libmg.a $(LDFLAGS) $(LIBS)

$B/libmg.a: $(OBJS)
	@rm -f $@
	ar rcs $@ $(OBJS)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$B/tests/%: $B/tests/%.o $B/libmg.a
	$(CC) $(CFLAGS) -o $@ $< $B/libmg.a $(LDFLAGS) $(TESTLIBS)

deps:
	@tests/deps.sh build
	@tests/deps.sh check
	@tests/deps.sh lint

demo:
	@tests/deps.sh build
	@$(MAKE) --no-print-directory -s all
	@examples/demo.sh

check:
	@tests/deps.sh check
	@$(MAKE) --no-print-directory check-built
check-built: all $(UNITS) $(TOOLS) parts fuzz-smoke
	@tests/run.sh $(BIN) $B $(T)

parts:
	@tests/parts.sh

# Whatever takes long: every cut, every seed, every random election.
soak:
	@tests/deps.sh check
	@$(MAKE) --no-print-directory all $(UNITS) $(TOOLS) parts
	@MG_SOAK=1 tests/run.sh $(BIN) $B $(T)
	@$(MAKE) --no-print-directory fuzz

bench:
	@tests/deps.sh check
	@$(MAKE) --no-print-directory all $(TOOLS)
	@tests/bench.sh $(BIN) $B $(T)

# The library, instrumented once, and a target's own file: build/fuzz/NAME.
FUZZSECONDS = 60
FUZZCC = clang -std=c11 -g -O1 -fno-sanitize-recover=all $(CPPFLAGS)
FUZZOBJS = $(patsubst %.c,build/fuzz/obj/%.o,$(wildcard lib/*/*.c))
build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZCC) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP \
		-c -o $@ $<
build/fuzz/libmg.a: $(FUZZOBJS)
	@rm -f $@
	ar rcs $@ $(FUZZOBJS)
build/fuzz/%: tests/fuzz/%.c build/fuzz/libmg.a
	$(FUZZCC) -fsanitize=fuzzer,address,undefined -o $@ $< \
		build/fuzz/libmg.a $(TESTLIBS)
fuzz: $(addprefix build/fuzz/,$(FUZZ))
	@for t in $(FUZZ); do tests/fuzz.sh $$t $(FUZZSECONDS) || exit 1; done
fuzz-smoke:
	@$(MAKE) --no-print-directory -s fuzz FUZZSECONDS=3

lint:
	@tests/deps.sh lint
	clang-format --dry-run -Werror $(wildcard cmd/*.c lib/*/*.[ch] \
		tests/unit/*.[ch] tests/fuzz/*.c tests/tools/*.c)
	tests/banned.sh
	mandoc -T lint -W warning $(MANS)
	shellcheck -x $(SCRIPTS)
	clang-tidy --quiet $(wildcard cmd/*.c lib/*/*.c) -- $(CPPFLAGS) \
		-std=c11

completions: $(foreach s,$(SHELLS),$(CMDS:%=completions/%.$s))
completions/%.bash: bin/%
	$< --completion bash >$@
completions/%.zsh: bin/%
	$< --completion zsh >$@
completions/%.fish: bin/%
	$< --completion fish >$@

SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/mg \
		$(SHARE)/bash-completion/completions \
		$(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install $(addprefix $(BIN)/,$(CMDS)) $(DESTDIR)$(PREFIX)/bin
	cp -R share/. $(SHARE)/mg
	for m in $(MANS); do install -D -m 644 $$m \
		$(SHARE)/man/man$${m##*.}/$${m##*/} || exit 1; done
	for c in $(CMDS); do \
		install -m 644 completions/$$c.bash \
			$(SHARE)/bash-completion/completions/$$c && \
		install -m 644 completions/$$c.zsh \
			$(SHARE)/zsh/site-functions/_$$c && \
		install -m 644 completions/$$c.fish \
			$(SHARE)/fish/vendor_completions.d/$$c.fish || \
			exit 1; done

clean:
	rm -rf bin build

.SECONDARY:
.PHONY: all deps demo check check-built parts soak bench fuzz fuzz-smoke \
	lint completions install clean
-include $(OBJS:.o=.d) $(FUZZOBJS:.o=.d) $(CMDS:%=$B/cmd/%.d) $(UNITS:=.d) $(TOOLS:=.d)
