/* markdown.h - the little Markdown that descriptions use, as HTML.
 *
 * Blocks: `## heading`, lists of `- item` with indented further lines, paragraphs, separated by
 * blank lines. Inside: `code` and **strong**. Everything else is text and escaped.
 *
 *     markdown_blocks(&out, description, 3);     // ## becomes <h3>
 *
 *   Owns: nothing.   Threads: pure.   Errors: none.
 */
#ifndef ALPHABET_TOOLS_MARKDOWN_H
#define ALPHABET_TOOLS_MARKDOWN_H

#include "base/buf.h"

void markdown_blocks(struct buf *out, struct str text, int heading_level);
void markdown_inline(struct buf *out, struct str text);
void html_escape(struct buf *out, struct str text);
/* "Signing in" as "signing-in": for ids. */
void html_id(struct buf *out, struct str text);

#endif
