"""The comfortable face: what a program or a notebook sees."""
