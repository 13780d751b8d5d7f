# SPDX-License-Identifier: MIT
# What is refused while the makefiles are read, when nothing has been run or made:
# variables of the command line that nothing reads, and characters that make or a
# shell would take for its own.  prologue.mk includes this file before all others,
# so that pipelines get from it
#
#   known     the variables that can be set: those that the makefiles, and those
#             in $(parts), assign with `?=' if nobody else has
#
# The Makefile of the sources includes it too, for BIN, PREFIX and DESTDIR.  The
# sub-makes of a pipeline have their variables from a make that has checked them.

empty :=
space := $(empty) $(empty)
# The shell's characters, and those that are make's in the name of a file.
shell_chars := ' " ` $$ \# ; & | < > \ ( ) * ?
path_chars  := $(shell_chars) % : [ ] { }

# $(call raw,NAME): the value as it was given.  What a makefile says is expanded.
raw = $(if $(filter file,$(origin $1)),$($1),$(value $1))
# $(call odd,CHARACTERS,TEXT): the first of the characters that is in the text.
odd = $(firstword $(foreach c,$1,$(findstring $c,$2)))
blank = $(word 2,$1)$(subst [$(strip $1)],,[$1])
begins = $(filter -% ~%,$(firstword $1))
# $(call check_path,NAME), $(call check_word,NAME): an error, or nothing.
check_path = $(call refuse_path,$1,$(call raw,$1))
refuse_path = \
  $(if $(call blank,$2),$(error $1: white space is not allowed in a path)) \
  $(if $(call odd,$(path_chars),$2),$(error $1: $(call \
    odd,$(path_chars),$2) is not allowed in a path)) \
  $(if $(call begins,$2),$(error $1=$2: a path cannot begin with - or ~))
check_word = $(call refuse_word,$1,$(call odd,$(shell_chars),$(call raw,$1)))
refuse_word = $(if $2,$(error $1: $2 is not allowed in a name or a number))

ifeq ($(filter %prologue.mk,$(MAKEFILE_LIST)),)
# Here BIN is given by the command line alone, and a build needs no PREFIX.
$(foreach v,BIN,$(if $(filter command,$(firstword $(origin $v))),$(call check_path,$v)))
$(foreach v,$(if $(filter install uninstall,$(MAKECMDGOALS)),PREFIX DESTDIR),$(call check_path,$v))
else

# Of the text of the makefiles, the words in front of each `?='.
assigned = $(foreach w,$(subst $(space)?=,?=,$(strip $1)),$(if \
           $(findstring ?=,$w),$(firstword $(subst ?=, ,$w))))
known := $(sort $(foreach f,$(filter-out %settings.mk,$(MAKEFILE_LIST)) $(parts),$(call \
         assigned,$(file <$f))))

ifndef SETTINGS_CHECKED
export SETTINGS_CHECKED := yes
# Make's own, and those of a build, which `make demo CC=clang' hands on.
others  := MAKE% MFLAGS GNUMAKEFLAGS SHELL .% -% CURDIR
ifneq ($(MAKELEVEL),0)
others  += AR B CC CFLAGS COV DESTDIR EMULATOR LDFLAGS OLD ONLY PREFIX PYTHON SAN TESTS V WERROR
endif
given   := $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v))
unknown := $(filter-out $(known) $(others),$(given))
ifneq ($(unknown),)
# With the known one that the fewest insertions, deletions and replacements lead
# to, if they are few.
$(error $(shell printf '%s\n' $(foreach v,$(known),'$v') '' \
    $(foreach v,$(unknown),'$(subst ','\'',$v)') | awk ' \
    function least(a, b, c) {a = a < b ? a : b; return a < c ? a : c} \
    function steps(a, b,    i, j, d) { \
        for (i = 0; i <= length(a); i++) d[i, 0] = i; \
        for (j = 0; j <= length(b); j++) d[0, j] = j; \
        for (i = 1; i <= length(a); i++) for (j = 1; j <= length(b); j++) \
            d[i, j] = least(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + \
                (substr(a, i, 1) != substr(b, j, 1))); \
        return d[length(a), length(b)]} \
    $$0 == "" {all = 1; next} \
    !all {known[NR] = $$0; next} \
    {near = ""; few = 1 + length($$0) / 3; \
     for (k in known) if ((n = steps(toupper($$0), known[k])) < few) { \
         few = n; near = "; " known[k] "?"} \
     printf "%s%s: there is no such variable%s", between, $$0, near; \
     between = ".  "}'))
endif

# A space is the name of one or a file, then options behind a colon.
check_space = $(check_word)$(if $(call blank,$(call raw,$1)),$(error $1: white space is not \
              allowed in a space))$(call refuse_path,$1,$(firstword $(subst :, ,$(call raw,$1))))

# Values that are not a makefile's come first, since its may refer to them.
paths  := $(filter BIN COSTS DATA IMAGES MODEL NET OUT PLATFORM STATIC SUPERNET WEIGHTS,$(known))
from   = $(foreach v,$2,$(if $(filter $1,$(firstword $(origin $v))),$v))
set    := $(call from,command environment,$(paths) $(filter-out LAUNCH $(paths),$(known)))
set    += $(call from,file,$(paths) $(filter-out LAUNCH $(paths),$(known)))
$(foreach v,$(set),$(call check_$(if $(filter $(paths),$v),path,$(if $(filter \
    SPACE,$v),space,word)),$v))
ifeq ($(filter undefined,$(origin OUT))$(OUT),)
$(error OUT is empty: it names the folder that all files go to)
endif
endif
endif
