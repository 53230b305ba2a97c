"""The paper's tables and figures from one's own runs, beside what the paper reports."""
