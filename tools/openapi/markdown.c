/* markdown.c - see markdown.h. One pass over the lines; a block is open until a blank line or
 * another kind of block ends it. */
#include "markdown.h"

void html_escape(struct buf *out, struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': buf_put(out, STR("&amp;")); break;
        case '<': buf_put(out, STR("&lt;")); break;
        case '>': buf_put(out, STR("&gt;")); break;
        case '"': buf_put(out, STR("&quot;")); break;
        default: buf_put_char(out, text.ptr[i]);
        }
    }
}

void html_id(struct buf *out, struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool upper = c >= 'A' && c <= 'Z';
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        buf_put_char(out, upper ? (char)(c - 'A' + 'a') : plain ? c : '-');
    }
}

/* Where `mark` stands in text from `from` on; text.len when nowhere. */
static size_t find(struct str text, struct str mark, size_t from) {
    for (size_t i = from; i + mark.len <= text.len; i++)
        if (str_equal(str_slice(text, i, mark.len), mark)) return i;
    return text.len;
}

/* The text between two marks, in a tag; returns where to go on, or `at` when it is not closed. */
static size_t marked(struct buf *out, struct str text, size_t at, struct str mark,
                     const char *tag) {
    size_t start = at + mark.len, end = find(text, mark, start);
    if (end == text.len) return at;
    buf_printf(out, "<%s>", tag);
    html_escape(out, str_slice(text, start, end - start));
    buf_printf(out, "</%s>", tag);
    return end + mark.len;
}

void markdown_inline(struct buf *out, struct str text) {
    size_t i = 0;
    while (i < text.len) {
        struct str rest = str_slice(text, i, text.len);
        size_t next = i;
        if (str_starts_with(rest, STR("`"))) next = marked(out, text, i, STR("`"), "code");
        if (str_starts_with(rest, STR("**"))) next = marked(out, text, i, STR("**"), "strong");
        if (next == i) html_escape(out, str_slice(text, i, 1));
        i = next == i ? i + 1 : next;
    }
}

enum block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_LIST };

struct blocks {
    struct buf *out;
    enum block open;
    struct buf text; // of the paragraph or list item that is open
};

static void end_text(struct blocks *blocks) {
    markdown_inline(blocks->out, buf_str(&blocks->text));
    buf_reset(&blocks->text);
}

static void end_block(struct blocks *blocks) {
    end_text(blocks);
    if (blocks->open == BLOCK_PARAGRAPH) buf_put(blocks->out, STR("</p>\n"));
    if (blocks->open == BLOCK_LIST) buf_put(blocks->out, STR("</li></ul>\n"));
    blocks->open = BLOCK_NONE;
}

static void take_line(struct blocks *blocks, struct str line, int heading_level) {
    struct str text = str_trim(line);
    if (text.len == 0) {
        end_block(blocks);
    } else if (str_starts_with(text, STR("## "))) {
        end_block(blocks);
        text = str_slice(text, 3, text.len);
        buf_printf(blocks->out, "<h%d id=\"", heading_level);
        html_id(blocks->out, text);
        buf_put(blocks->out, STR("\">"));
        markdown_inline(blocks->out, text);
        buf_printf(blocks->out, "</h%d>\n", heading_level);
    } else if (str_starts_with(text, STR("- "))) {
        if (blocks->open == BLOCK_LIST) {
            end_text(blocks);
            buf_put(blocks->out, STR("</li>\n<li>"));
        } else {
            end_block(blocks);
            buf_put(blocks->out, STR("<ul><li>"));
        }
        blocks->open = BLOCK_LIST;
        buf_put(&blocks->text, str_slice(text, 2, text.len));
    } else {
        if (blocks->open == BLOCK_NONE) {
            buf_put(blocks->out, STR("<p>"));
            blocks->open = BLOCK_PARAGRAPH;
        }
        if (blocks->text.len > 0) buf_put_char(&blocks->text, ' ');
        buf_put(&blocks->text, text);
    }
}

void markdown_blocks(struct buf *out, struct str text, int heading_level) {
    struct blocks blocks = {.out = out, .text = buf_with_max(0)};
    while (!str_is_absent(text)) take_line(&blocks, str_cut(&text, '\n'), heading_level);
    end_block(&blocks);
    buf_free(&blocks.text);
}
