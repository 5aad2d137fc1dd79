// Attention by the matrix tiles of a processor that has them (AMX): scores are made, softened and used tile by tile, and
// never written to memory; the way back makes them again. All is turned (keys are rows, queries lie beside each other),
// so that what is one number a query is one register for 16, and two rows of weights become an operand by interleaving.
// T tokens of a padded sample, a multiple of 32; heads are 32 wide: one tile holds 16 of them

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

typedef uint16_t half;  // bfloat16
typedef int64_t num;

#if defined(__AMX_BF16__) && defined(__AVX512BF16__) && defined(__AVX512BW__) && defined(__linux__) && HEAD == 32
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

static constexpr int RATIO = HEADS / GROUPS, TILE = 256;  // floats
static constexpr float BLOCKED = -1e4f;

struct alignas(64) Words {  // an operand: 16 rows of 16 pairs of bfloat16
    uint32_t at[16][16];
};

static void begin() {
    alignas(64) uint8_t config[64] = {1};
    for (int i = 0; i < 8; i++) config[16 + 2 * i] = 64, config[48 + i] = 16;
    _tile_loadconfig(config);
}

// as `power` in kernels.cpp
static inline __m512 power(__m512 x) {
    x = _mm512_mul_ps(_mm512_max_ps(x, _mm512_set1_ps(-70.f)), _mm512_set1_ps(1.44269504f));
    __m512i whole = _mm512_cvttps_epi32(_mm512_add_ps(x, _mm512_set1_ps(127.5f)));
    __m512 rest = _mm512_sub_ps(x, _mm512_cvtepi32_ps(_mm512_sub_epi32(whole, _mm512_set1_epi32(127))));
    __m512 y = _mm512_set1_ps(9.560510e-3f);
    for (float next : {5.591704e-2f, 2.402498e-1f, 6.931220e-1f, 9.999992e-1f})
        y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(next));
    return _mm512_mul_ps(y, _mm512_castsi512_ps(_mm512_slli_epi32(whole, 16 + 7)));
}

alignas(64) static const uint16_t INTERLEAVED[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                     8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};

// two rows of numbers interleaved
static inline __m512i pairs(__m512 first, __m512 second) {
    return _mm512_permutexvar_epi16(_mm512_load_si512(INTERLEAVED), (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

static inline void put(half* to, __m512 x) { _mm256_storeu_si256((__m256i*)to, (__m256i)_mm512_cvtneps_pbh(x)); }

static inline __m512i wide(const half* x) { return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)x)); }

// (HEAD, columns) of a multiple of 16 to rows of HEAD
static inline void turn_back(half* rows, const float* x, int columns) {
    const __m512i count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i places = _mm512_mullo_epi32(_mm512_set1_epi32(columns), count);
    for (int i = 0; i < columns; i++)
        for (int side = 0; side < 2; side++)
            put(rows + i * HEAD + 16 * side, _mm512_i32gather_ps(places, x + 16 * side * columns + i, 4));
}

// 16 rows of 32 numbers as an operand from the right: their pairs become rows
static inline void turn_pairs(Words& to, const half* rows) {
    for (int i = 0; i < 16; i++)
        for (int p = 0; p < 16; p++) memcpy(&to.at[p][i], rows + i * HEAD + 2 * p, 4);
}

// 32 rows of 32 numbers as two operands from the right: pairs of rows interleaved
static inline void join_rows(Words* to, const half* rows) {
    for (int p = 0; p < 16; p++)
        for (int side = 0; side < 2; side++) {
            __m512i upper = _mm512_slli_epi32(wide(rows + (2 * p + 1) * HEAD + 16 * side), 16);
            _mm512_store_si512(to[side].at[p], _mm512_or_si512(wide(rows + 2 * p * HEAD + 16 * side), upper));
        }
}

static inline void turn(half* to, const half* rows, num T) {  // (T, HEAD) to (HEAD, T)
    for (num t = 0; t < T; t++)
        for (int e = 0; e < HEAD; e++) to[e * T + t] = rows[t * HEAD + e];
}

// for each 16 queries and 32 keys of a sample, whether any sees any
static std::vector<uint8_t> meetings(const uint16_t* bits, num T) {
    std::vector<uint8_t> found(T / 16 * (T / 32));
    for (num key = 0; key < T; key++)
        for (num side = 0; side < T / 16; side++)
            found[side * (T / 32) + key / 32] |= bits[key * (T / 16) + side] != 0;
    return found;
}

// tile number OUT = 16 rows (of `stride` bytes) times an operand
#define MULTIPLY(OUT, ROWS, STRIDE, WORDS) \
    do { _tile_loadd(5, ROWS, STRIDE); _tile_loadd(6, WORDS, 64); _tile_dpbf16ps(OUT, 5, 6); } while (0)

extern "C" {

num has_tiles() { return syscall(SYS_arch_prctl, 0x1023 /* ask for leave */, 18 /* to use tiles */) == 0; }

// answers (B, HEADS, T, HEAD), before they are multiplied with `shares` (B, HEADS, T); `tops` are the largest scores.
// `bits` (B, T, T / 16): for a key, one bit for each query that sees it
void attend(half* answers, float* shares, float* tops, const half* q, const half* k, const half* v,
            const uint16_t* bits, num batch, num T) {
    std::vector<half> turned(HEAD * T);
    std::vector<float> scores(T * 16);
    std::vector<uint8_t> meet;
    alignas(64) float out[HEAD][16];
    Words words;
    begin();
    for (num n = 0; n < batch * HEADS; n++) {
        num b = n / HEADS, group = b * GROUPS + n % HEADS / RATIO;
        const half *keys = k + group * T * HEAD, *queries = q + n * T * HEAD;
        if (n % HEADS == 0) meet = meetings(bits + b * T * (T / 16), T);
        if (n % RATIO == 0) turn(turned.data(), v + group * T * HEAD, T);
        for (num first = 0; first < T; first += 16) {
            const num met = first / 16 * (T / 32);
            const uint16_t* is_seen = bits + b * T * (T / 16) + first / 16;
            __m512 top = _mm512_set1_ps(BLOCKED), sum = _mm512_setzero_ps();
            turn_pairs(words, queries + first * HEAD);
            for (num key = 0; key < T; key += 16) {
                if (!meet[met + key / 32]) continue;
                float* block = scores.data() + key * 16;
                _tile_zero(4);
                MULTIPLY(4, keys + key * HEAD, 2 * HEAD, &words);
                _tile_stored(4, block, 64);
                for (int i = 0; i < 16; i++) {
                    __mmask16 seen = is_seen[(key + i) * (T / 16)];
                    __m512 x = _mm512_mask_loadu_ps(_mm512_set1_ps(BLOCKED), seen, block + i * 16);
                    _mm512_storeu_ps(block + i * 16, x);
                    top = _mm512_max_ps(top, x);
                }
            }
            _tile_zero(0);
            _tile_zero(1);
            for (num key = 0; key < T; key += 32) {
                if (!meet[met + key / 32]) continue;
                const float* block = scores.data() + key * 16;
                for (int p = 0; p < 16; p++) {
                    __m512 one = power(_mm512_sub_ps(_mm512_loadu_ps(block + 32 * p), top));
                    __m512 other = power(_mm512_sub_ps(_mm512_loadu_ps(block + 32 * p + 16), top));
                    sum = _mm512_add_ps(sum, _mm512_add_ps(one, other));
                    _mm512_store_si512(words.at[p], pairs(one, other));
                }
                MULTIPLY(0, turned.data() + key, 2 * T, &words);
                MULTIPLY(1, turned.data() + 16 * T + key, 2 * T, &words);
            }
            _tile_stored(0, out[0], 64);
            _tile_stored(1, out[16], 64);
            _mm512_storeu_ps(tops + n * T + first, top);
            _mm512_storeu_ps(shares + n * T + first, _mm512_div_ps(_mm512_set1_ps(1.f), _mm512_max_ps(sum, _mm512_set1_ps(1e-6f))));
            turn_back(answers + (n * T + first) * HEAD, out[0], 16);
        }
    }
    _tile_release();
}

// gradients of queries, keys and values from `back`, that of the answers times shares, and `products` (B, HEADS, T)
void attend_back(half* to_q, half* to_k, half* to_v, const half* back, const float* products, const float* tops,
                 const half* q, const half* k, const half* v, const uint16_t* bits, num batch, num T) {
    std::vector<half> turned(HEAD * T);
    std::vector<float> sum_k(T * HEAD), sum_v(T * HEAD);
    std::vector<uint8_t> meet;
    alignas(64) float scores[TILE], through[TILE], out[HEAD][32];
    alignas(64) half weights[32][32], slopes[32][32];  // (key, query)
    Words turned_q[2], turned_back[2], joined_q[2], joined_back[2], columns[2];
    begin();
    for (num n = 0; n < batch * HEADS; n++) {
        num b = n / HEADS, group = b * GROUPS + n % HEADS / RATIO;
        const half *keys = k + group * T * HEAD, *values = v + group * T * HEAD;
        if (n % HEADS == 0) meet = meetings(bits + b * T * (T / 16), T);
        if (n % RATIO == 0) {
            turn(turned.data(), keys, T);
            std::fill(sum_k.begin(), sum_k.end(), 0.f);
            std::fill(sum_v.begin(), sum_v.end(), 0.f);
        }
        for (num first = 0; first < T; first += 32) {
            num place = n * T + first;
            for (int side = 0; side < 2; side++) {
                turn_pairs(turned_q[side], q + (place + 16 * side) * HEAD);
                turn_pairs(turned_back[side], back + (place + 16 * side) * HEAD);
            }
            join_rows(joined_q, q + place * HEAD);
            join_rows(joined_back, back + place * HEAD);
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
            for (num key = 0; key < T; key += 32) {
                num met = first / 16 * (T / 32) + key / 32;
                if (!meet[met] && !meet[met + T / 32]) continue;
                for (int part = 0; part < 4; part++) {
                    int below = part / 2 * 16, side = part % 2;  // which 16 of the keys and of the queries
                    const uint16_t* is_seen = bits + (b * T + key + below) * (T / 16) + first / 16 + side;
                    _tile_zero(4);
                    MULTIPLY(4, keys + (key + below) * HEAD, 2 * HEAD, &turned_q[side]);
                    _tile_stored(4, scores, 64);
                    _tile_zero(4);
                    MULTIPLY(4, values + (key + below) * HEAD, 2 * HEAD, &turned_back[side]);
                    _tile_stored(4, through, 64);
                    __m512 top = _mm512_loadu_ps(tops + place + 16 * side), before = _mm512_setzero_ps();
                    __m512 product = _mm512_loadu_ps(products + place + 16 * side);
                    for (int i = 0; i < 16; i++) {
                        __mmask16 seen = is_seen[i * (T / 16)];
                        __m512 x = _mm512_mask_load_ps(_mm512_set1_ps(BLOCKED), seen, scores + 16 * i);
                        __m512 weight = power(_mm512_sub_ps(x, top));
                        __m512 slope = _mm512_mul_ps(weight, _mm512_sub_ps(_mm512_load_ps(through + 16 * i), product));
                        put(weights[below + i] + 16 * side, weight);
                        put(slopes[below + i] + 16 * side, slope);
                        if (i % 2) _mm512_store_si512(columns[side].at[(below + i) / 2], pairs(before, slope));
                        before = slope;
                    }
                }
                MULTIPLY(0, turned.data() + key, 2 * T, &columns[0]);
                MULTIPLY(1, turned.data() + key, 2 * T, &columns[1]);
                MULTIPLY(2, turned.data() + 16 * T + key, 2 * T, &columns[0]);
                MULTIPLY(3, turned.data() + 16 * T + key, 2 * T, &columns[1]);
                for (int part = 0; part < 4; part++) {
                    int below = part / 2 * 16, side = part % 2;  // now which 16 of the head's numbers
                    float* to = sum_k.data() + (key + below) * HEAD + 16 * side;
                    _tile_loadd(4, to, 4 * HEAD);
                    MULTIPLY(4, slopes[below], 64, &joined_q[side]);
                    _tile_stored(4, to, 4 * HEAD);
                    to = sum_v.data() + (key + below) * HEAD + 16 * side;
                    _tile_loadd(4, to, 4 * HEAD);
                    MULTIPLY(4, weights[below], 64, &joined_back[side]);
                    _tile_stored(4, to, 4 * HEAD);
                }
            }
            _tile_stored(0, &out[0][0], 128);
            _tile_stored(1, &out[0][16], 128);
            _tile_stored(2, &out[16][0], 128);
            _tile_stored(3, &out[16][16], 128);
            turn_back(to_q + place * HEAD, out[0], 32);
        }
        if (n % RATIO == RATIO - 1)
            for (num i = 0; i < T * HEAD; i += 16) {
                put(to_k + group * T * HEAD + i, _mm512_loadu_ps(sum_k.data() + i));
                put(to_v + group * T * HEAD + i, _mm512_loadu_ps(sum_v.data() + i));
            }
    }
    _tile_release();
}
}

#else
extern "C" num has_tiles() { return 0; }
#endif
