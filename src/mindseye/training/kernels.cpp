// The small operations between a decoder layer's matrix products, each one pass over memory; compiled for the sizes of
// one network (-DHIDDEN -DHEADS -DGROUPS -DHEAD -DINNER). Sums are float, what products read is bfloat16.
// n tokens, `rows` of padded buckets (-1 for padding), T tokens of the longest sample of a bucket, a multiple of 16

#include <cmath>
#include <cstdint>
#include <cstring>

typedef uint16_t half;  // bfloat16
typedef int64_t num;

static constexpr int QUERIES = HEADS * HEAD, KEYS = GROUPS * HEAD, JOINT = QUERIES + 2 * KEYS, TURN = HEAD / 2;
static constexpr int LONGEST = 8192;  // of a row of scores
static constexpr float BLOCKED = -1e4f;

static inline float up(half x) {
    uint32_t bits = uint32_t(x) << 16;
    float y;
    memcpy(&y, &bits, 4);
    return y;
}

static inline half down(float x) {  // to the nearest, ties to even
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return half((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// e to the x for x >= -70 (below it counts as -70, so no denormal numbers come of it) and up to 80: 2 to a whole number
// times a polynomial, 4e-6 from the truth, a five-hundredth of what bfloat16 rounds
static inline float power(float x) {
    x = x < -70.f ? -70.f : x;
    float steps = x * 1.44269504f;
    int32_t whole = int32_t(steps + 127.5f);  // never negative, so cutting off rounds down
    float rest = steps - float(whole - 127);
    float y = 9.560510e-3f;
    y = y * rest + 5.591704e-2f;
    y = y * rest + 2.402498e-1f;
    y = y * rest + 6.931220e-1f;
    y = y * rest + 9.999992e-1f;
    int32_t bits = whole << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return y * scale;
}

static inline float sigmoid(float x) { return 1.f / (1.f + power(x < -80.f ? 80.f : -x)); }

// 1 over the root mean square of a row
template <int SIZE>
static inline float inverse_size(const float* x, float eps) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < SIZE; i++) sum += x[i] * x[i];
    return 1.f / std::sqrt(sum / SIZE + eps);
}

extern "C" {

// sum = stream + addend where there is an addend; normed = the sum normalised, times weight
void add_norm(half* normed, float* sizes, float* sum, const float* stream, const half* addend, const float* weight,
              num n, float eps) {
    for (num t = 0; t < n; t++) {
        const float* x = stream + t * HIDDEN;
        if (addend) {
            for (int i = 0; i < HIDDEN; i++) sum[t * HIDDEN + i] = x[i] + up(addend[t * HIDDEN + i]);
            x = sum + t * HIDDEN;
        }
        float inverse = sizes[t] = inverse_size<HIDDEN>(x, eps);
        for (int i = 0; i < HIDDEN; i++) normed[t * HIDDEN + i] = down(x[i] * inverse * weight[i]);
    }
}

// gradient of the stream += that through its norm; `shadow` is the same in bfloat16; that of the weight is added up
void norm_back(float* gradient, half* shadow, float* weight_gradient, const half* normed_gradient, const float* stream,
               const float* sizes, const float* weight, num n) {
    for (num t = 0; t < n; t++) {
        const float* x = stream + t * HIDDEN;
        const half* g = normed_gradient + t * HIDDEN;
        float inverse = sizes[t], sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < HIDDEN; i++) sum += up(g[i]) * weight[i] * x[i];
        float pull = sum * inverse * inverse * inverse / HIDDEN;
        float* out = gradient + t * HIDDEN;
        for (int i = 0; i < HIDDEN; i++) {
            weight_gradient[i] += up(g[i]) * x[i] * inverse;
            float y = out[i] + up(g[i]) * weight[i] * inverse - x[i] * pull;
            out[i] = y;
            shadow[t * HIDDEN + i] = down(y);
        }
    }
}

// silu of the first half of a row times the second half
void gate(half* out, const half* joint, num n) {
    for (num t = 0; t < n; t++)
        for (int i = 0; i < INNER; i++) {
            float x = up(joint[t * 2 * INNER + i]);
            out[t * INNER + i] = down(x * sigmoid(x) * up(joint[t * 2 * INNER + INNER + i]));
        }
}

// the gradient of both halves, and once more what the gate let through
void gate_back(half* joint_gradient, half* out, const half* joint, const half* out_gradient, num n) {
    for (num t = 0; t < n; t++) {
        const half *first = joint + t * 2 * INNER, *second = first + INNER, *g = out_gradient + t * INNER;
        half *to_first = joint_gradient + t * 2 * INNER, *to_second = to_first + INNER;
        for (int i = 0; i < INNER; i++) {
            float x = up(first[i]), y = up(second[i]), z = up(g[i]);
            float share = sigmoid(x);
            out[t * INNER + i] = down(x * share * y);
            to_first[i] = down(z * y * share * (1.f + x * (1.f - share)));
            to_second[i] = down(z * x * share);
        }
    }
}

// one head: normalised, scaled by its weight, turned by its token's position
static inline void prepare(half* out, const half* in, const float* weight, const float* cosines, const float* sines,
                           float eps, float factor) {
    float x[HEAD], y[HEAD];
    for (int e = 0; e < HEAD; e++) x[e] = up(in[e]);
    float inverse = inverse_size<HEAD>(x, eps) * factor;
    for (int e = 0; e < HEAD; e++) y[e] = x[e] * inverse * weight[e];
    for (int e = 0; e < TURN; e++) {
        out[e] = down(y[e] * cosines[e] + y[e + TURN] * sines[e]);
        out[e + TURN] = down(y[e + TURN] * cosines[e + TURN] + y[e] * sines[e + TURN]);
    }
}

static inline void prepare_back(half* to, float* weight_gradient, const half* g, const half* in, const float* weight,
                                const float* cosines, const float* sines, float eps, float factor) {
    float x[HEAD], y[HEAD], turned[HEAD];
    for (int e = 0; e < HEAD; e++) x[e] = up(in[e]);
    for (int e = 0; e < HEAD; e++) turned[e] = up(g[e]) * factor;
    for (int e = 0; e < TURN; e++) {
        y[e] = turned[e] * cosines[e] + turned[e + TURN] * sines[e + TURN];
        y[e + TURN] = turned[e + TURN] * cosines[e + TURN] + turned[e] * sines[e];
    }
    float inverse = inverse_size<HEAD>(x, eps), sum = 0;
    for (int e = 0; e < HEAD; e++) weight_gradient[e] += y[e] * x[e] * inverse;
#pragma omp simd reduction(+ : sum)
    for (int e = 0; e < HEAD; e++) sum += y[e] * weight[e] * x[e];
    float pull = sum * inverse * inverse * inverse / HEAD;
    for (int e = 0; e < HEAD; e++) to[e] = down(y[e] * weight[e] * inverse - x[e] * pull);
}

// from tokens in stream order to a bucket: queries (B, HEADS, T, HEAD), keys and values (B, GROUPS, T, HEAD).
// `norms` are (expert, query or key, HEAD); the first num_und tokens belong to the first expert
void spread(half* q, half* k, half* v, const half* joint, const num* rows, const float* cosines, const float* sines,
            const float* norms, num num_und, num batch, num T, float eps) {
    const float factor = 1.f / std::sqrt(float(HEAD));
    for (num b = 0; b < batch; b++)
        for (num t = 0; t < T; t++) {
            num row = rows[b * T + t];
            for (int h = 0; h < HEADS; h++) {
                half* out = q + ((b * HEADS + h) * T + t) * HEAD;
                if (row < 0) { memset(out, 0, 2 * HEAD); continue; }
                prepare(out, joint + row * JOINT + h * HEAD, norms + (row >= num_und) * 2 * HEAD, cosines + row * HEAD,
                        sines + row * HEAD, eps, factor);
            }
            for (int h = 0; h < GROUPS; h++) {
                num place = ((b * GROUPS + h) * T + t) * HEAD;
                if (row < 0) { memset(k + place, 0, 2 * HEAD), memset(v + place, 0, 2 * HEAD); continue; }
                prepare(k + place, joint + row * JOINT + QUERIES + h * HEAD, norms + (row >= num_und) * 2 * HEAD + HEAD,
                        cosines + row * HEAD, sines + row * HEAD, eps, 1.f);
                memcpy(v + place, joint + row * JOINT + QUERIES + KEYS + h * HEAD, 2 * HEAD);
            }
        }
}

// its way back; gradients of the norms' weights are added up
void spread_back(half* to, float* norm_gradients, const half* q, const half* k, const half* v, const half* joint,
                 const num* rows, const float* cosines, const float* sines, const float* norms, num num_und, num batch,
                 num T, float eps) {
    const float factor = 1.f / std::sqrt(float(HEAD));
    for (num b = 0; b < batch; b++)
        for (num t = 0; t < T; t++) {
            num row = rows[b * T + t];
            if (row < 0) continue;
            num expert = (row >= num_und) * 2 * HEAD;
            const float *c = cosines + row * HEAD, *s = sines + row * HEAD;
            for (int h = 0; h < HEADS; h++) {
                num place = row * JOINT + h * HEAD;
                prepare_back(to + place, norm_gradients + expert, q + ((b * HEADS + h) * T + t) * HEAD, joint + place,
                             norms + expert, c, s, eps, factor);
            }
            for (int h = 0; h < GROUPS; h++) {
                num place = row * JOINT + QUERIES + h * HEAD, padded = ((b * GROUPS + h) * T + t) * HEAD;
                prepare_back(to + place, norm_gradients + expert + HEAD, k + padded, joint + place,
                             norms + expert + HEAD, c, s, eps, 1.f);
                memcpy(to + place + KEYS, v + padded, 2 * HEAD);
            }
        }
}

// unnormalised answers (B, HEADS, T, HEAD) of a bucket times `shares` (B, HEADS, T) to stream order (n, HEADS * HEAD)
void collect(half* seen, const half* padded, const float* shares, const num* rows, num batch, num T) {
    for (num b = 0; b < batch; b++)
        for (num t = 0; t < T; t++) {
            num row = rows[b * T + t];
            for (int h = 0; h < HEADS && row >= 0; h++) {
                num place = (b * HEADS + h) * T + t;
                for (int e = 0; e < HEAD; e++)
                    seen[row * QUERIES + h * HEAD + e] = down(up(padded[place * HEAD + e]) * shares[place]);
            }
        }
}

// gradients of the answers times `shares`, as that of the unnormalised ones, and their products with the answers
void collect_back(half* padded, float* products, const half* gradient, const half* seen, const float* shares,
                  const num* rows, num batch, num T) {
    for (num b = 0; b < batch; b++)
        for (num t = 0; t < T; t++)
            for (int h = 0; h < HEADS; h++) {
                num row = rows[b * T + t], place = (b * HEADS + h) * T + t, outside = row * QUERIES + h * HEAD;
                products[place] = 0;
                if (row < 0) { memset(padded + place * HEAD, 0, 2 * HEAD); continue; }
                float sum = 0;
#pragma omp simd reduction(+ : sum)
                for (int e = 0; e < HEAD; e++) sum += up(gradient[outside + e]) * up(seen[outside + e]);
                products[place] = sum * shares[place];
                for (int e = 0; e < HEAD; e++)
                    padded[place * HEAD + e] = down(up(gradient[outside + e]) * shares[place]);
            }
}

// scores (B, HEADS, T, T) to weights in place, not yet times `shares` (B, HEADS, T), with which they sum to 1;
// `seen` (B, T, T) says which key a query sees
void soften(half* scores, float* shares, const uint8_t* seen, num batch, num T) {
    T = T / 16 * 16;
    float x[LONGEST];
    for (num b = 0; b < batch; b++)
        for (num r = 0; r < HEADS * T; r++) {
            half* row = scores + (b * HEADS * T + r) * T;
            const uint8_t* is_seen = seen + (b * T + r % T) * T;
            float top = BLOCKED, sum = 0;
#pragma omp simd reduction(max : top)
            for (num i = 0; i < T; i++) {
                x[i] = is_seen[i] ? up(row[i]) : BLOCKED;
                top = x[i] > top ? x[i] : top;
            }
#pragma omp simd reduction(+ : sum)
            for (num i = 0; i < T; i++) {
                float y = power(x[i] - top);
                sum += y;
                row[i] = down(y);
            }
            shares[b * HEADS * T + r] = 1.f / sum;
        }
}

// gradients of weights to those of scores in place; `count` rows of T
void soften_back(half* gradients, const half* weights, const float* products, num count, num T) {
    T = T / 16 * 16;
    for (num r = 0; r < count; r++) {
        half* g = gradients + r * T;
        const half* p = weights + r * T;
        for (num i = 0; i < T; i++) g[i] = down(up(p[i]) * (up(g[i]) - products[r]));
    }
}
}
