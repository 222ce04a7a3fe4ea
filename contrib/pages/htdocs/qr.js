// SPDX-License-Identifier: Apache-2.0
//
// A QR code (ISO/IEC 18004) of a text, as SVG: bytes, the lowest level of
// correction, which suits a screen, and always the same mask. Up to 271 bytes.

// By version: codewords in all, those of correction in a block, blocks.
const SIZES = [null, [26, 7, 1], [44, 10, 1], [70, 15, 1], [100, 20, 1],
               [134, 26, 1], [172, 18, 2], [196, 20, 2], [242, 24, 2],
               [292, 30, 2], [346, 18, 4]];
const ALIGNED = [null, [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34],
                 [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const LEVEL_AND_MASK = 0b01000;         // L, mask 0

// ------------------------------------------------- bytes to codewords

// A product in GF(256) by x^8 + x^4 + x^3 + x^2 + 1.
function times(a, b) {
    let product = 0;

    for (let bit = 7; bit >= 0; bit--) {
        product = (product << 1) ^ ((product >> 7) * 0x11d);
        product ^= ((b >> bit) & 1) * a;
    }
    return product;
}

// The polynomial whose roots are the first powers of 2, without its first 1.
function generator(degree) {
    const result = [...new Array(degree - 1).fill(0), 1];
    let root = 1;

    for (let i = 0; i < degree; i++) {
        for (let j = 0; j < degree; j++) {
            result[j] = times(result[j], root) ^ (result[j + 1] ?? 0);
        }
        root = times(root, 2);
    }
    return result;
}

function correction(data, divisor) {
    const rest = new Array(divisor.length).fill(0);

    for (const byte of data) {
        const factor = byte ^ rest.shift();
        rest.push(0);
        divisor.forEach((one, i) => { rest[i] ^= times(one, factor); });
    }
    return rest;
}

const capacity = ([all, ofBlock, blocks]) => all - ofBlock * blocks;

// The count of a text has 8 bits up to version 9, then 16.
const headBits = (version) => 4 + (version < 10 ? 8 : 16);

function versionFor(bytes) {
    for (let version = 1; version < SIZES.length; version++) {
        if (8 * bytes.length + headBits(version)
            <= 8 * capacity(SIZES[version])) {
            return version;
        }
    }
    return 0;
}

function dataOf(bytes, version) {
    const size = capacity(SIZES[version]);
    let bits = "0100" + bytes.length.toString(2)
        .padStart(headBits(version) - 4, "0");

    for (const byte of bytes) {
        bits += byte.toString(2).padStart(8, "0");
    }
    bits = bits.padEnd(Math.min(bits.length + 4, 8 * size), "0");
    bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
    const data = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
    for (let pad = 0xec; data.length < size; pad ^= 0xec ^ 0x11) {
        data.push(pad);
    }
    return data;
}

// Blocks, the last ones a byte longer, with their correction, interwoven.
function codewords(data, [, ofBlock, count]) {
    const short = Math.floor(data.length / count);
    const longer = data.length % count;
    const divisor = generator(ofBlock);
    const blocks = [];
    const woven = [];

    for (let i = 0, at = 0; i < count; i++) {
        const size = short + (i >= count - longer ? 1 : 0);
        blocks.push(data.slice(at, at + size));
        at += size;
    }
    for (const part of [blocks, blocks.map((one) =>
        correction(one, divisor))]) {
        for (let i = 0; i < Math.max(...part.map((x) => x.length)); i++) {
            woven.push(...part.filter((x) => i < x.length).map((x) => x[i]));
        }
    }
    return woven;
}

// --------------------------------------------------- where they stand

// What `set` is called with stays as it is: (x, y, dark).
function drawPatterns(set, size, version) {
    const finder = (left, top) => {
        for (let y = -4; y <= 4; y++) {
            for (let x = -4; x <= 4; x++) {
                const ring = Math.max(Math.abs(x), Math.abs(y));
                set(left + x, top + y, ring !== 2 && ring !== 4);
            }
        }
    };

    for (let i = 0; i < size; i++) {
        set(6, i, i % 2 === 0);
        set(i, 6, i % 2 === 0);
    }
    finder(3, 3);
    finder(size - 4, 3);
    finder(3, size - 4);
    const at = ALIGNED[version];
    for (const x of at) {
        for (const y of at) {
            const last = at.at(-1);
            if ((x === 6 && (y === 6 || y === last))
                || (x === last && y === 6)) {
                continue;       // a finder is there
            }
            for (let i = 0; i < 25; i++) {
                const dx = i % 5 - 2, dy = Math.floor(i / 5) - 2;
                set(x + dx, y + dy,
                    Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
            }
        }
    }
}

// value, and behind it what is left of it by a polynomial of that degree
function protect(value, degree, polynomial) {
    let rest = value;

    for (let i = 0; i < degree; i++) {
        rest = (rest << 1) ^ ((rest >> (degree - 1)) * polynomial);
    }
    return (value << degree) | rest;
}

function drawFormat(set, size) {
    const bits = protect(LEVEL_AND_MASK, 10, 0x537) ^ 0x5412;
    const dark = (i) => ((bits >> i) & 1) === 1;

    for (let i = 0; i < 15; i++) {
        set(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, dark(i));
        set(i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, 8, dark(i));
    }
    set(8, size - 8, true);
}

function drawVersion(set, size, version) {
    if (version < 7) {
        return;
    }
    const bits = protect(version, 12, 0x1f25);
    for (let i = 0; i < 18; i++) {
        const a = size - 11 + i % 3, b = Math.floor(i / 3);
        set(a, b, ((bits >> i) & 1) === 1);
        set(b, a, ((bits >> i) & 1) === 1);
    }
}

// From the lower right corner up and down in columns of two, but the sixth.
function drawData(grid, size, words) {
    let bit = 0;

    for (let right = size - 1; right >= 1; right -= 2) {
        right = right === 6 ? 5 : right;
        for (let step = 0; step < size; step++) {
            for (const x of [right, right - 1]) {
                const up = ((right + 1) & 2) === 0;
                const y = up ? size - 1 - step : step;
                if (grid[y][x] === undefined) {
                    const word = words[bit >> 3] ?? 0;
                    const value = (word >> (7 - (bit & 7))) & 1;
                    grid[y][x] = (value ^ ((x + y) % 2 === 0)) === 1;
                    bit++;
                }
            }
        }
    }
}

function gridOf(text) {
    const bytes = new TextEncoder().encode(text);
    const version = versionFor(bytes);

    if (version === 0) {
        return null;
    }
    const size = 17 + 4 * version;
    const grid = Array.from({ length: size }, () => new Array(size));
    const set = (x, y, dark) => {
        if (x >= 0 && y >= 0 && x < size && y < size) {
            grid[y][x] = dark;
        }
    };

    drawPatterns(set, size, version);
    drawFormat(set, size);
    drawVersion(set, size, version);
    drawData(grid, size, codewords(dataOf(bytes, version), SIZES[version]));
    return grid;
}

// The picture, with the white margin that readers want; null: the text is too
// long for one.
export function qrCode(text) {
    const space = "http://www.w3.org/2000/svg";
    const grid = gridOf(text);

    if (grid === null) {
        return null;
    }
    const size = grid.length + 8;
    const svg = document.createElementNS(space, "svg");
    const ground = document.createElementNS(space, "rect");
    const dots = document.createElementNS(space, "path");

    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    svg.setAttribute("shape-rendering", "crispEdges");
    ground.setAttribute("width", size);
    ground.setAttribute("height", size);
    ground.setAttribute("fill", "#fff");
    dots.setAttribute("fill", "#000");
    dots.setAttribute("d", grid.flatMap((row, y) => row.map((dark, x) =>
        dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")).join(""));
    svg.append(ground, dots);
    return svg;
}
