@SLM@ hook run @STAGE@ -- "$@" || exit 1
