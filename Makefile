# mailseal.  "make help" tells what can be asked for.
FLAVOUR ?= release
CC ?= cc
PKG_CONFIG ?= pkg-config
CLANG ?= clang
prefix ?= /usr/local
sysconfdir ?= /etc
localstatedir ?= /var
VERSION = 0.1.0
bindir ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
datadir ?= $(prefix)/share
unitdir ?= $(prefix)/lib/systemd/system
systempresetdir ?= $(prefix)/lib/systemd/system-preset
catalogdir ?= $(prefix)/lib/systemd/catalog
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d

ifeq ($(FLAVOUR),release)
O = build
FLAGS = -O2 -D_FORTIFY_SOURCE=3
else ifeq ($(FLAVOUR),asan)
O = build/asan
FLAGS = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(FLAVOUR),fuzz)
O = build/fuzz
CC = $(CLANG)
FLAGS = -O1 -fprofile-instr-generate -fcoverage-mapping \
	-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
else
$(error FLAVOUR is release, asan or fuzz)
endif

# clang 14 does not know how to zero what is not initialised.
ZERO := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),, \
	-ftrivial-auto-var-init=zero)
HARDEN = $(ZERO) -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fno-strict-aliasing -fvisibility=hidden
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Wcast-qual
BASE = -std=c11 -D_GNU_SOURCE -g -fPIC -MMD -MP \
	-DMAILSEAL_VERSION='"$(VERSION)"' \
	-DMAILSEAL_SYSCONFDIR='"$(sysconfdir)/mailseal"' \
	-DMAILSEAL_PRESETDIR='"$(datadir)/mailseal/preset.d"' \
	-DMAILSEAL_STATEDIR='"$(localstatedir)/lib/mailseal"' \
	-DMAILSEAL_MODULEDIR='"$(libdir)/mailseal/module"' \
	$(FLAGS) $(HARDEN) $(WARN) $(CFLAGS)
# Paths are compiled in: with other ones, or other flags, all is built anew.
BUILT_WITH := $(O)/obj/flags
ifeq ($(filter setup clean help lint uninstall demo test system,$(MAKECMDGOALS)),)
ifneq ($(file <$(BUILT_WITH)),$(strip $(CC) $(BASE)))
$(shell mkdir -p $(O)/obj)
$(file >$(BUILT_WITH),$(strip $(CC) $(BASE)))
endif
endif
LINK = -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS)

# What each folder may use besides libc.
PKGS = libsodium libsystemd sqlite3 ini_config libcurl libssl libcrypto \
	jansson
PKG_mailseald = libsodium libsystemd sqlite3 ini_config
PKG_courier = libsodium libsystemd libcurl libssl libcrypto jansson
ifeq ($(filter setup clean help lint uninstall demo test system,$(MAKECMDGOALS)),)
PKG_FLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
endif

SRC_proto = $(wildcard proto/*.c)
# What answers mean: the library hands on what the broker made of it.
SRC_meaning = proto/meaning.c proto/glossary.c proto/entra.c proto/denial.c \
	proto/submission.c proto/retrieval.c
SRC_client = $(wildcard client/*.c)
SRC_command = $(wildcard client/mailseal/*.c)
SRC_shared = broker/log.c broker/secret.c broker/safefile.c broker/sasl.c \
	broker/listen.c broker/proxy.c
SRC_broker = $(filter-out $(SRC_shared) broker/main.c,$(wildcard broker/*.c)) \
	$(wildcard broker/op/*.c broker/vault/*.c broker/store/*.c)
SRC_courier = $(filter-out broker/courier/main.c,$(wildcard broker/courier/*.c))
SRC_module = $(wildcard broker/module/*.c)
MODULES = microsoft google oidc password command

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
LIB_proto = $(O)/obj/proto.a
LIB_shared = $(O)/obj/shared.a
LIB_broker = $(O)/obj/broker.a
LIB_courier = $(O)/obj/courier.a

PROGRAMS = $(O)/mailseald $(O)/mailseal-courier $(O)/mailseal \
	$(O)/libmailseal.so.0 $(O)/libmailseal.a \
	$(MODULES:%=$(O)/module/%.so)

.PHONY: all setup setup-system demo test unit scenario system fuzz lint install uninstall clean \
	help unit-programs fuzz-programs
.DELETE_ON_ERROR:

all: $(PROGRAMS)

# ---- what is said: a short line for each file, or with V=1 the whole command
ifneq ($(V),)
Q =
say =
else
Q = @
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-8s %s\n' $(1) $(2))
endif

# ---- objects
MODULE_INCLUDE = $(O)/obj/include/proto/module.h \
	$(O)/obj/include/proto/meaning.h \
	$(O)/obj/include/broker/module/oauth.h
$(O)/obj/include/%.h: %.h
	@mkdir -p $(@D)
	@ln -sf $(CURDIR)/$< $@

# Modules see the ABI, their own folder and what answers mean, nothing else.
$(O)/obj/broker/module/%.o: broker/module/%.c $(MODULE_INCLUDE) $(BUILT_WITH)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) -I$(O)/obj/include -c $< -o $@

$(O)/obj/%.o: %.c $(BUILT_WITH)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) -I. $(PKG_FLAGS) -c $< -o $@

-include $(wildcard $(O)/obj/*/*.d $(O)/obj/*/*/*.d $(O)/obj/*/*/*/*.d)

# ---- archives
$(LIB_proto): $(call obj,$(SRC_proto))
$(LIB_shared): $(call obj,$(SRC_shared))
$(LIB_broker): $(call obj,$(SRC_broker))
$(LIB_courier): $(call obj,$(SRC_courier) $(SRC_module))
$(O)/libmailseal.a: $(call obj,$(SRC_client) $(SRC_proto))
$(LIB_proto) $(LIB_shared) $(LIB_broker) $(LIB_courier) $(O)/libmailseal.a:
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcsD $@ $^

# ---- programs
libs = $(shell $(PKG_CONFIG) --libs $(1))
$(O)/mailseald: $(O)/obj/broker/main.o $(LIB_broker) $(LIB_shared) $(LIB_proto)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) $(LINK) -pie -o $@ $^ $(call libs,$(PKG_mailseald))
$(O)/mailseal-courier: $(O)/obj/broker/courier/main.o \
	    $(call obj,$(SRC_courier)) $(LIB_shared) $(LIB_proto)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) $(LINK) -pie -o $@ $^ $(call libs,$(PKG_courier)) -ldl
$(O)/mailseal: $(call obj,$(SRC_command)) $(O)/libmailseal.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) $(LINK) -pie -o $@ $^ -ldl
$(O)/libmailseal.so.0: $(call obj,$(SRC_client) $(filter-out $(SRC_meaning),$(SRC_proto))) \
	    client/libmailseal.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) $(LINK) -shared -Wl,-soname,libmailseal.so.0 \
	    -Wl,--version-script,client/libmailseal.map -o $@ $(filter %.o,$^)
# The shipped modules share all that is not a module, and what answers mean.
SHARED_module = $(filter-out $(MODULES:%=broker/module/%.c),$(SRC_module)) \
	proto/meaning.c proto/entra.c proto/denial.c
$(O)/module/%.so: $(O)/obj/broker/module/%.o $(call obj,$(SHARED_module))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) $(LINK) -shared -o $@ $^

# ---- tests
UNIT_TESTS = $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/*.c))
$(O)/tests/unit/%: $(O)/obj/tests/unit/%.o $(LIB_courier) $(LIB_broker) \
	    $(LIB_shared) $(O)/libmailseal.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) $(LINK) -o $@ $(filter %.o,$^) -Wl,--start-group \
	    $(filter %.a,$^) -Wl,--end-group $(call libs,$(PKGS) cmocka) -ldl
# One program for all labelled inputs; it loads the modules as they are built.
VECTORS = $(O)/tests/unit/vectors
$(VECTORS): $(call obj,$(wildcard tests/unit/vectors/*.c))
$(VECTORS) $(addprefix $(O)/tests/unit/,microsoft google oidc discovery device heap runner lastwords): \
	    | $(MODULES:%=$(O)/module/%.so)
unit-programs: $(UNIT_TESTS)

FUZZERS = $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))
$(O)/tests/fuzz/%: $(O)/obj/tests/fuzz/%.o $(LIB_courier) $(LIB_broker) \
	    $(LIB_shared) $(O)/libmailseal.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS) -fsanitize=fuzzer $(LINK) -o $@ $< -Wl,--start-group \
	    $(filter %.a,$^) -Wl,--end-group $(call libs,$(PKGS)) -ldl
$(O)/tests/fuzz/token $(O)/tests/fuzz/discovery: | $(MODULES:%=$(O)/module/%.so)

# Each once more over a parser with a bug planted into it: that one is found.
planted = $(O)/planted/$(1)/tests/fuzz/$(1)
PLANTED = $(foreach f,$(notdir $(FUZZERS)),$(call planted,$(f)))
$(O)/planted/%/source.c: tests/fuzz/target $(SRC_proto) $(SRC_broker) \
	    $(SRC_courier) $(SRC_module)
	@mkdir -p $(@D)
	$(Q)tests/fuzz/target plant $* > $@
$(O)/planted/%/source.o: $(O)/planted/%/source.c
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) -I. $(PKG_FLAGS) -c $< -o $@
define plant
$(call planted,$(1)): $(O)/obj/tests/fuzz/$(1).o $(O)/planted/$(1)/source.o \
	    $(LIB_courier) $(LIB_broker) $(LIB_shared) $(O)/libmailseal.a
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(FLAGS) -fsanitize=fuzzer $$(LINK) -o $$@ $$(filter %.o,$$^) \
	    -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
	    $$(call libs,$$(PKGS)) -ldl
endef
$(foreach f,$(notdir $(FUZZERS)),$(eval $(call plant,$(f))))
# Where the parser is a module's, the modules are linked with it.
define plant_module
$(O)/planted/$(1)/module/%.so: $(O)/obj/broker/module/%.o \
	    $(O)/planted/$(1)/source.o \
	    $(call obj,$(filter-out broker/module/$(2).c,$(SHARED_module)))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(FLAGS) $$(LINK) -shared -o $$@ $$^
$(call planted,$(1)): | $(MODULES:%=$(O)/planted/$(1)/module/%.so)
endef
$(eval $(call plant_module,token,judgement))
$(eval $(call plant_module,discovery,discovery))
fuzz-programs: $(FUZZERS) $(PLANTED)

JOBS ?= $(shell nproc)
setup:
	@tests/setup
setup-system:
	@tests/setup system
unit: setup
	@$(MAKE) -s -j$(JOBS) build/tests/unit/vectors
	@$(MAKE) -s -j$(JOBS) FLAVOUR=asan all unit-programs
	@tests/run unit
scenario: setup
	@$(MAKE) -s -j$(JOBS) all
	@$(MAKE) -s -j$(JOBS) FLAVOUR=asan all
	@tests/run scenario
system: setup-system
	@$(MAKE) -s -j$(JOBS) all
	@tests/run system
fuzz: setup
	@$(MAKE) -s -j$(JOBS) FLAVOUR=fuzz fuzz-programs
	@tests/run fuzz
lint: setup
	@$(MAKE) -s -j$(JOBS) all
	@tests/run lint
test: setup-system
	@$(MAKE) -s -j$(JOBS) all build/tests/unit/vectors
	@$(MAKE) -s -j$(JOBS) FLAVOUR=asan all unit-programs
	@$(MAKE) -s -j$(JOBS) FLAVOUR=fuzz fuzz-programs
	@tests/run lint unit scenario system fuzz
demo: setup
	@$(MAKE) -s -j$(JOBS) all
	@tests/demo

# ---- installation
D = $(DESTDIR)
PAGES = $(wildcard client/*.[1-8] client/mailseal/*.[1-8] proto/*.[1-8] \
	broker/*.[1-8] broker/courier/*.[1-8] broker/module/*.[1-8])
PRESETS = $(wildcard units/preset.d/*.conf)
EXAMPLES = $(wildcard units/example/*.conf units/example/*/*.conf)
UNITS = $(wildcard units/*.service units/*.socket)
CATALOG = $(wildcard units/*.catalog)
page = $(D)$(mandir)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))
CONFIG = $(addprefix $(sysconfdir)/mailseal/,provider.d access.d slot)
INSTALLED = $(D)$(sbindir)/mailseald $(D)$(sbindir)/mailseal-courier \
	$(D)$(bindir)/mailseal \
	$(addprefix $(D)$(includedir)/,mailseal.h mailseal-module.h) \
	$(addprefix $(D)$(libdir)/libmailseal,.so.0 .so .a) \
	$(D)$(libdir)/pkgconfig/mailseal.pc \
	$(MODULES:%=$(D)$(libdir)/mailseal/module/%.so) \
	$(PRESETS:units/%=$(D)$(datadir)/mailseal/%) \
	$(EXAMPLES:units/%=$(D)$(datadir)/mailseal/%) \
	$(UNITS:units/%=$(D)$(unitdir)/%) \
	$(D)$(systempresetdir)/90-mailseal.preset \
	$(CATALOG:units/%=$(D)$(catalogdir)/%) \
	$(D)$(sysusersdir)/mailseal.conf $(D)$(tmpfilesdir)/mailseal.conf \
	$(foreach p,$(PAGES),$(call page,$(p)))

install: all
	$(call say,INSTALL,$(D)$(prefix))
	$(Q)install -d $(sort $(dir $(INSTALLED)))
	$(Q)install -m 755 $(O)/mailseald $(O)/mailseal-courier $(D)$(sbindir)
	$(Q)install -m 755 $(O)/mailseal $(D)$(bindir)
	$(Q)install -m 644 client/mailseal.h $(D)$(includedir)
	$(Q)install -m 644 proto/module.h $(D)$(includedir)/mailseal-module.h
	$(Q)install -m 644 $(O)/libmailseal.so.0 $(O)/libmailseal.a $(D)$(libdir)
	$(Q)ln -sf libmailseal.so.0 $(D)$(libdir)/libmailseal.so
	$(Q)sed -e 's|@prefix@|$(prefix)|;s|@libdir@|$(libdir)|' \
	    -e 's|@includedir@|$(includedir)|;s|@version@|$(VERSION)|' \
	    client/mailseal.pc.in > $(D)$(libdir)/pkgconfig/mailseal.pc
	$(Q)chmod 644 $(D)$(libdir)/pkgconfig/mailseal.pc
	$(Q)install -m 644 $(MODULES:%=$(O)/module/%.so) \
	    $(D)$(libdir)/mailseal/module
	$(Q)install -m 644 $(PRESETS) $(D)$(datadir)/mailseal/preset.d
	$(Q)for e in $(EXAMPLES:units/%=%); do \
	    install -m 644 units/$$e $(D)$(datadir)/mailseal/$$e; done
	$(Q)for p in $(PAGES); do install -m 644 $$p \
	    $(D)$(mandir)/man$${p##*.}/; done
	$(Q)for u in $(UNITS:units/%=%); do \
	    sed -e 's|@sbindir@|$(sbindir)|g;s|@bindir@|$(bindir)|g' \
	    -e 's|@libdir@|$(libdir)|g;s|@sysconfdir@|$(sysconfdir)|g' \
	    units/$$u > $(D)$(unitdir)/$$u; \
	    chmod 644 $(D)$(unitdir)/$$u; done
	$(Q)install -m 644 units/mailseal.preset \
	    $(D)$(systempresetdir)/90-mailseal.preset
	$(Q)for c in $(CATALOG); do install -m 644 $$c $(D)$(catalogdir); done
	$(Q)install -m 644 units/mailseal.sysusers $(D)$(sysusersdir)/mailseal.conf
	$(Q)install -m 644 units/mailseal.tmpfiles $(D)$(tmpfilesdir)/mailseal.conf
	$(Q)install -d $(CONFIG:%=$(D)%)
	@[ -n "$(D)" ] || units/announce installed

# Takes away what install put there; store and configuration stay.
uninstall:
	@[ -n "$(D)" ] || units/announce leaving
	$(Q)rm -f $(INSTALLED)
	-$(Q)rmdir $(addprefix $(D)$(libdir)/mailseal,/module /) \
	    $(addprefix $(D)$(datadir)/mailseal/,preset.d example/access.d \
	    example/provider.d example/mailseald.socket.d \
	    example/mailseal-courier.service.d example /)
	@echo "kept: $(sysconfdir)/mailseal (configuration)," \
	    "$(localstatedir)/lib/mailseal (the store)"
	@[ -n "$(D)" ] || units/announce gone

clean:
	rm -rf build

help:
	@echo "make            build everything into build/"
	@echo "make demo       see it work in a minute (root; installs what it lacks)"
	@echo "make test       lint, unit, scenario, system and fuzz tests (root)"
	@echo "make unit | scenario | system | fuzz | lint     one kind of them;"
	@echo "                system: in a real systemd, booted for each test"
	@echo "make install    DESTDIR= prefix= sysconfdir= as usual"
	@echo "make uninstall  everything but store and configuration"
	@echo "make clean      remove build/"
	@echo "FLAVOUR=release|asan|fuzz picks how it is built, V=1 shows commands"
