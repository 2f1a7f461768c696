# SPDX-License-Identifier: LGPL-2.1-or-later
# One end of a negotiation by the system's Cyrus SASL: reads commands as lines of JSON, answers likewise.
# arguments: client|server SERVICE HOST MECHANISMS MIN_SSF MAX_SSF PLAINTEXT(0|1) USER PASSWORD [DATABASE]
import base64, ctypes, ctypes.util, json, sys
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_ulong, c_void_p

side, service, host, mechanisms, min_ssf, max_ssf, plaintext, user, password = sys.argv[1:10]
database = sys.argv[10] if len(sys.argv) > 10 else ''
sasl = ctypes.CDLL(ctypes.util.find_library('sasl2') or 'libsasl2.so.2')
sasl.sasl_errdetail.restype = c_char_p
conn = c_void_p()


class Callback(ctypes.Structure):
    _fields_ = [('id', c_ulong), ('proc', c_void_p), ('context', c_void_p)]


class Secret(ctypes.Structure):
    _fields_ = [('len', c_ulong), ('data', ctypes.c_ubyte * 256)]


class Properties(ctypes.Structure):
    _fields_ = [('min_ssf', c_uint), ('max_ssf', c_uint), ('maxbufsize', c_uint), ('flags', c_uint),
                ('names', c_void_p), ('values', c_void_p)]


keep = []
secret = Secret(len(password.encode()), (ctypes.c_ubyte * 256)(*password.encode()))
name = ctypes.create_string_buffer(user.encode())
settings = {b'mech_list': mechanisms.encode(), b'sasldb_path': database.encode(), b'auxprop_plugin': b'sasldb',
            b'pwcheck_method': b'auxprop', b'log_level': b'0'}
settings = {key: ctypes.create_string_buffer(value) for key, value in settings.items()}


@ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_char_p, POINTER(c_void_p), POINTER(c_uint))
def get_option(_context, _plugin, option, result, length):
    value = settings.get(option)
    if value is None:
        return -1
    result[0] = ctypes.cast(value, c_void_p).value
    if length:
        length[0] = len(value.value)
    return 0


@ctypes.CFUNCTYPE(c_int, c_void_p, c_int, POINTER(c_void_p), POINTER(c_uint))
def get_simple(_context, which, result, length):
    result[0] = ctypes.cast(name, c_void_p).value
    if length:
        length[0] = len(name.value)
    return 0


@ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, POINTER(c_void_p))
def get_secret(_conn, _context, _which, result):
    result[0] = ctypes.addressof(secret)
    return 0


def callbacks(*rows):
    table = (Callback * (len(rows) + 1))()
    for i, (which, fn) in enumerate(rows):
        table[i] = Callback(which, ctypes.cast(fn, c_void_p), None)
    keep.append(table)
    return table


def fail(status):
    detail = sasl.sasl_errdetail(conn) if conn else b''
    return {'status': status, 'error': (detail or b'').decode()}


def answer(status, out, length, **more):
    if status not in (0, 1):
        return fail(status)
    data = base64.b64encode(ctypes.string_at(out, length.value)).decode() if out.value is not None else None
    return {'complete': status == 0, 'data': data, **more}


def begin():
    security = Properties(int(min_ssf), int(max_ssf), 8192, 0 if plaintext == '1' else 0x11, None, None)
    if side == 'server':
        table = callbacks((1, get_option))
        check(sasl.sasl_server_init(table, b'virt-test'))
        check(sasl.sasl_server_new(service.encode(), host.encode(), None, None, None, table, 4, byref(conn)))
        # sasl_setpass fills the database that the tests use.
        if password != '':
            check(sasl.sasl_setpass(conn, user.encode(), password.encode(), len(password.encode()), None, 0, 1))
    else:
        table = callbacks((1, get_option), (0x4001, get_simple), (0x4002, get_simple), (0x4004, get_secret))
        check(sasl.sasl_client_init(table))
        check(sasl.sasl_client_new(service.encode(), host.encode(), None, None, table, 4, byref(conn)))
    check(sasl.sasl_setprop(conn, 101, byref(security)))


def check(status):
    if status != 0:
        print(json.dumps(fail(status)), flush=True)
        sys.exit(0)


def run(request):
    op = request['op']
    data = base64.b64decode(request['data']) if request.get('data') is not None else None
    out, length = c_void_p(), c_uint()
    size = c_uint(len(data) if data is not None else 0)
    if op == 'list':
        status = sasl.sasl_listmech(conn, None, b'', b',', b'', byref(out), byref(length), None)
        return answer(status, out, length)
    if op == 'client-start':
        mech = c_char_p()
        status = sasl.sasl_client_start(conn, request['mechanisms'].encode(), None, byref(out), byref(length), byref(mech))
        return answer(status, out, length, mechanism=(mech.value or b'').decode())
    if op == 'client-step':
        return answer(sasl.sasl_client_step(conn, data, size, None, byref(out), byref(length)), out, length)
    if op == 'server-start':
        return answer(sasl.sasl_server_start(conn, request['mechanism'].encode(), data, size, byref(out), byref(length)), out, length)
    if op == 'server-step':
        return answer(sasl.sasl_server_step(conn, data, size, byref(out), byref(length)), out, length)
    if op in ('encode', 'decode'):
        return answer(getattr(sasl, 'sasl_' + op)(conn, data, size, byref(out), byref(length)), out, length)
    if op == 'facts':
        ssf, who = c_void_p(), c_void_p()
        check(sasl.sasl_getprop(conn, 1, byref(ssf)))
        check(sasl.sasl_getprop(conn, 0, byref(who)))
        return {'ssf': ctypes.cast(ssf, POINTER(c_uint))[0], 'user': ctypes.string_at(who.value).decode()}
    return {'error': 'unknown'}


begin()
print(json.dumps({'ready': True}), flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
