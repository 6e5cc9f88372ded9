#include <l4/sys/types.h>

/** A flexpage: a range of memory, ports or capabilities, of power-of-two size. */
typedef union l4_fpage_t
{
  /** The word. */
  l4_umword_t fpage;
  /** The word, by its usual name. */
  l4_umword_t raw;
} l4_fpage_t;

/** An item of a message to send. */
typedef struct l4_snd_fpage_t
{
  /** Hot spot and control bits. */
  l4_umword_t snd_base;
  /** What to map, with which rights. */
  l4_fpage_t fpage;
} l4_snd_fpage_t;

//@ enum L4_fpage_rights: L4_FPAGE_X L4_FPAGE_W L4_FPAGE_RO L4_FPAGE_RW L4_FPAGE_RX L4_FPAGE_RWX
//@ enum L4_cap_fpage_rights: L4_CAP_FPAGE_W L4_CAP_FPAGE_S L4_CAP_FPAGE_R L4_CAP_FPAGE_RO L4_CAP_FPAGE_D L4_CAP_FPAGE_RW L4_CAP_FPAGE_RS L4_CAP_FPAGE_RWS L4_CAP_FPAGE_RWD L4_CAP_FPAGE_RSD L4_CAP_FPAGE_RWSD
//@ enum L4_fpage_type: L4_FPAGE_SPECIAL L4_FPAGE_MEMORY L4_FPAGE_IO L4_FPAGE_OBJ
//@ all
