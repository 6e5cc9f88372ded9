#include <l4/sys/types.h>
#include <l4/sys/utcb.h>
#include <l4/sys/err.h>

//@ enum l4_ipc_tcr_error_t: L4_IPC_ERROR_MASK L4_IPC_SND_ERR_MASK L4_IPC_ENOT_EXISTENT L4_IPC_RETIMEOUT L4_IPC_SETIMEOUT L4_IPC_RECANCELED L4_IPC_SECANCELED L4_IPC_REMAPFAILED L4_IPC_SEMAPFAILED L4_IPC_RESNDPFTO L4_IPC_SESNDPFTO L4_IPC_RERCVPFTO L4_IPC_SERCVPFTO L4_IPC_REABORTED L4_IPC_SEABORTED L4_IPC_REMSGCUT L4_IPC_SEMSGCUT L4_IPC_NO_REPLY_CAP
#include <l4/sys/arch/ipc.h>

//@ constants
//@ structures
/* The calls are inline for speed. */

//@ functions

/** Sends. */
L4_INLINE l4_msgtag_t l4_ipc_send(l4_cap_idx_t dest, l4_utcb_t *utcb, l4_msgtag_t tag,
                                  l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(dest, utcb, L4_SYSF_SEND, 0, tag, NULL, timeout);
}

/** Waits for a message from anyone; `label` becomes the label of what it came through. */
L4_INLINE l4_msgtag_t l4_ipc_wait(l4_utcb_t *utcb, l4_umword_t *label, l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(L4_INVALID_CAP, utcb, L4_SYSF_WAIT, 0, l4_msgtag(0, 0, 0, 0), label, timeout);
}

/** Waits for a message from `object` alone. */
L4_INLINE l4_msgtag_t l4_ipc_receive(l4_cap_idx_t object, l4_utcb_t *utcb, l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(object, utcb, L4_SYSF_RECV, 0, l4_msgtag(0, 0, 0, 0), NULL, timeout);
}

/** Sends a request and waits for the reply. */
L4_INLINE l4_msgtag_t l4_ipc_call(l4_cap_idx_t object, l4_utcb_t *utcb, l4_msgtag_t tag,
                                  l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(object, utcb, L4_SYSF_CALL, 0, tag, NULL, timeout);
}

/** Answers by a reply capability. */
L4_INLINE l4_msgtag_t l4_ipc_reply(l4_cap_idx_t reply_cap, l4_utcb_t *utcb, l4_msgtag_t tag,
                                   l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(reply_cap, utcb, L4_SYSF_REPLY | L4_SYSF_SEND, 0, tag, NULL, timeout);
}

/** Answers who called last, and waits for a message from anyone. */
L4_INLINE l4_msgtag_t l4_ipc_reply_and_wait(l4_utcb_t *utcb, l4_msgtag_t tag, l4_umword_t *label,
                                            l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(L4_INVALID_CAP, utcb, L4_SYSF_REPLY_AND_WAIT, 0, tag, label, timeout);
}

/** Sends, and waits for a message from anyone. */
L4_INLINE l4_msgtag_t l4_ipc_send_and_wait(l4_cap_idx_t dest, l4_utcb_t *utcb, l4_msgtag_t tag,
                                           l4_umword_t *label, l4_timeout_t timeout) L4_NOTHROW
{
  return l4_ipc(dest, utcb, L4_SYSF_SEND_AND_WAIT, 0, tag, label, timeout);
}

/** The error of a system call (`L4_IPC_*`); 0: none. */
L4_INLINE l4_umword_t l4_ipc_error(l4_msgtag_t tag, l4_utcb_t *utcb) L4_NOTHROW
{
  return l4_msgtag_has_error(tag) ? l4_utcb_tcr_u(utcb)->error & L4_IPC_ERROR_MASK : 0;
}

/** As `l4_error`, with the UTCB of the calling thread. */
L4_INLINE l4_ret_t l4_error_u(l4_msgtag_t tag, l4_utcb_t *utcb) L4_NOTHROW
{
  if (L4_UNLIKELY(l4_msgtag_has_error(tag)))
    return l4_ipc_to_errno(l4_utcb_tcr_u(utcb)->error);
  return (l4_ret_t)l4_msgtag_label(tag);
}

/** The result of a request: negative if the system call (`-L4_EIPC_LO` and below) or the object
 * failed, else the reply's label. */
L4_INLINE l4_ret_t l4_error(l4_msgtag_t tag) L4_NOTHROW
{
  return l4_error_u(tag, l4_utcb());
}

/** Whether the last error was in sending. */
L4_INLINE int l4_ipc_is_snd_error(l4_utcb_t *utcb) L4_NOTHROW
{
  return !(l4_utcb_tcr_u(utcb)->error & L4_IPC_SND_ERR_MASK);
}

/** Whether the last error was in receiving. */
L4_INLINE int l4_ipc_is_rcv_error(l4_utcb_t *utcb) L4_NOTHROW
{
  return l4_utcb_tcr_u(utcb)->error & L4_IPC_SND_ERR_MASK;
}

/** The last error (`L4_IPC_*`). */
L4_INLINE int l4_ipc_error_code(l4_utcb_t *utcb) L4_NOTHROW
{
  return l4_utcb_tcr_u(utcb)->error & L4_IPC_ERROR_MASK;
}
