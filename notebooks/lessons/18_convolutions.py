# %% [markdown]
# # Convolutions: what filters see
#
# In the last lesson, a shift by one pixel was enough to confuse a network. In this lesson it looks through small
# windows that slide over the picture. You compute such a layer by hand, write it, train it, and then look at what it
# sees, and where.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_sample_image
from sklearn.model_selection import train_test_split

import nn
from course import short

temple = load_sample_image("china.jpg")[::4, ::4].mean(axis=2) / 255  # every fourth pixel, in grey
print(temple.shape)

# %% [markdown]
# ## A window that slides
#
# A **kernel** is a small table of weights, such as 3 × 3. It is laid on a place of the picture. Each weight is
# multiplied by the pixel below it, and everything is added up: a weighted sum of 9 pixels, one number. Then the kernel
# slides on by one pixel, and so on over the whole picture. The numbers make a new picture, which is called a **feature
# map**. To do this is called a **convolution**. It is the neuron of lesson 1, with 9 inputs, used at every place with
# *the same weights*.
#
# Here is a kernel that takes the pixels on its right minus those on its left, and a patch of a picture with a bright
# stripe on the right:
#
# $$\text{kernel} = \begin{pmatrix} -1 & 0 & 1 \\ -1 & 0 & 1 \\ -1 & 0 & 1 \end{pmatrix} \qquad
# \text{patch} = \begin{pmatrix} 0 & 0 & 1 \\ 0 & 0 & 1 \\ 0 & 1 & 1 \end{pmatrix}$$

# %% exercise 18.1 [markdown]
# ### Exercise 18.1: one place
#
# Which number does this kernel give for this patch?

# %% start
number = ...

# %% check
check("18.1", number)

# %% hint [markdown]
# The right column of the kernel meets the right column of the patch: $1 \cdot 1 + 1 \cdot 1 + 1 \cdot 1$. And the
# other two columns?

# %% solution
number = 3

# %% wrong: pixels_added
number = 4

# %% wrong: turned_round
number = -3

# %% wrong: matrix_product
number = [[0, 1, 1], [0, 1, 1], [0, 1, 1]]

# %% [markdown]
# **Before you run it:** what will this kernel make of a photograph? And what will it make if you turn it on its side,
# so that it takes the pixels below minus those above?

# %%
upright = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
figure, axes = plt.subplots(1, 3, figsize=(8.5, 2.2), layout="constrained")
axes[0].imshow(temple, cmap="gray")
axes[0].set_title("the photograph")
for ax, kernel, title in ((axes[1], upright, "right minus left"), (axes[2], upright.T, "below minus above")):
    feature_map = nn.functional.conv2d(temple[None, None], kernel[None, None])[0, 0]
    ax.imshow(feature_map, cmap="RdBu", vmin=-2, vmax=2)
    ax.set_title(title)
for ax in axes:
    ax.axis("off")

# %% [markdown]
# On the left a Chinese temple, in the middle and on the right two feature maps. Blue is above 0, red is below, and
# white is 0. Where the picture is even, as in the sky, left and right cancel, and the map is white. In the middle the
# upright edges stand out: red where it gets darker to the right, as on the left side of the temple, and blue where it
# gets brighter. The one on the right answers to level edges, such as those of the roofs. So a kernel is a question,
# asked at each place of the picture.

# %% exercise 18.2 [markdown]
# ### Exercise 18.2: write it
#
# `image` and `kernel` are arrays with two axes. Return the feature map. The kernel must not reach over the edge, so
# for an image of 8 × 8 and a kernel of 3 × 3 the map has 6 × 6 numbers. It has to agree with the library's.

# %% start
def convolve(image, kernel):
    ...

# %% check
check("18.2", convolve)

# %% hint [markdown]
# How many places are there? `rows = image.shape[0] - kernel.shape[0] + 1`, and the same for columns. Begin with zeros
# of that shape.

# %% hint [markdown]
# Two loops over the places. At row `i` and column `j` the patch is
# `image[i : i + kernel.shape[0], j : j + kernel.shape[1]]`.

# %% solution
def convolve(image, kernel):
    height, width = kernel.shape
    result = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i : i + height, j : j + width] * kernel)
    return result

# %% wrong: last_place_missing
def convolve(image, kernel):
    height, width = kernel.shape
    result = np.zeros((image.shape[0] - height, image.shape[1] - width))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i : i + height, j : j + width] * kernel)
    return result

# %% wrong: kernel_flipped
def convolve(image, kernel):
    height, width = kernel.shape
    result = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i : i + height, j : j + width] * kernel[::-1, ::-1])
    return result

# %% wrong: jumps
def convolve(image, kernel):
    height, width = kernel.shape
    result = np.zeros((image.shape[0] // height, image.shape[1] // width))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.sum(image[i * height : (i + 1) * height, j * width : (j + 1) * width] * kernel)
    return result

# %% wrong: mean_of_the_patch
def convolve(image, kernel):
    height, width = kernel.shape
    result = np.zeros((image.shape[0] - height + 1, image.shape[1] - width + 1))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = np.mean(image[i : i + height, j : j + width] * kernel)
    return result

# %% [markdown]
# ## A layer of kernels
#
# A convolutional layer has several kernels, and gives a feature map for each. The maps of a picture are its
# **channels**. The next layer's kernels look at all channels at once. `nn.Conv2d(1, 8, 3)` has 1 channel in, 8 channels
# out, and kernels of 3 × 3. With `padding=1` a frame of zeros is put around the picture, so that the map is as large as
# the picture.

# %% exercise 18.3 [markdown]
# ### Exercise 18.3: how many parameters?
#
# How many weights and biases has `nn.Conv2d(1, 8, 3)` for pictures of 8 × 8 pixels? There is one bias for each kernel.

# %% start
parameters = ...

# %% check
check("18.3", parameters)

# %% hint [markdown]
# Does the number depend on the size of the picture?

# %% hint [markdown]
# 8 kernels with 3 · 3 weights, and 8 biases.

# %% solution
parameters = 8 * 9 + 8

# %% wrong: biases_left_out
parameters = 8 * 9

# %% wrong: for_each_place
parameters = 8 * 9 * 64 + 8

# %% wrong: fully_connected
parameters = 64 * 8 * 64 + 8 * 64

# %% wrong: one_kernel
parameters = 9 + 1

# %% [markdown]
# After the kernels and a ReLU comes **pooling**: of each window of 2 × 2 numbers only the largest is kept
# (`nn.MaxPool2d(2)`). The map has a quarter of its size then. What remains is that there *was* an edge here, and it
# matters less where exactly. At the very end, one can keep the largest number of a whole map
# (`nn.AdaptiveMaxPool2d(1)`): is there such a thing anywhere in the picture?

# %% exercise 18.4 [markdown]
# ### Exercise 18.4: write max pooling
#
# Return the largest number of each window of 2 × 2. The windows lie side by side and do not overlap. Both lengths of
# `x` are even.

# %% start
def max_pool(x):
    ...

# %% check
check("18.4", max_pool)

# %% hint [markdown]
# As in 18.2, but the window at row `i` and column `j` begins at `2 * i` and `2 * j`.

# %% solution
def max_pool(x):
    result = np.zeros((x.shape[0] // 2, x.shape[1] // 2))
    for i in range(result.shape[0]):
        for j in range(result.shape[1]):
            result[i, j] = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    return result

# %% wrong: windows_overlap
def max_pool(x):
    return np.array([[x[i : i + 2, j : j + 2].max() for j in range(x.shape[1] - 1)] for i in range(x.shape[0] - 1)])

# %% wrong: mean_pooled
def max_pool(x):
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4

# %% wrong: corners_kept
def max_pool(x):
    return x[::2, ::2]

# %% [markdown]
# ## Who chooses the kernels?
#
# Above, we wrote the kernels ourselves, and in many drawings of such networks they have names, "edges" or "corners".
# Does somebody have to choose them? No. They are weights: they begin at random, have grads like all others, and go
# downhill. Each weight of a kernel is used at every place of the picture, so its grad is the sum over all places: the
# paths of lesson 3.

# %%
pixels, digits = load_digits(return_X_y=True)
pictures = (pixels / 16).astype("float32").reshape(-1, 1, 8, 8)
train_x, test_x, train_y, test_y = train_test_split(pictures, digits, test_size=0.25, stratify=digits, random_state=0)


def train(model, epochs):
    optimizer = nn.optim.Adam(model.parameters(), lr=0.005)
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], rng=0, compile=True)
    trainer.fit((train_x, train_y), epochs=epochs, verbose=False)
    return trainer


nn.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
    nn.Flatten(), nn.Linear(32, 10),
)  # fmt: skip
print("parameters:", sum(parameter.data.size for parameter in model.parameters()))

figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
nn.plot.filters(model[0], axes[0])
trainer = train(model, epochs=short(15, 2))
nn.plot.filters(model[0], axes[1])
axes[0].set_title("the 8 kernels before training")
axes[1].set_title("and after it");

# %% [markdown]
# Blue weights are above 0, orange ones below. On the left the kernels are random; on the right they have moved to where
# the loss is lower. Some have a blue side and an orange side, and answer to an edge, as the one that we made by hand.
# Others answer to something that has no name. Nobody chose them.
#
# ## What they see
#
# `nn.plot.feature_maps` shows what a layer gives for a picture; here the first layer, after its ReLU, for a digit.

# %%
picture_of_a_digit = test_x[3]
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained", width_ratios=[1, 2])
axes[0].imshow(picture_of_a_digit[0], cmap="gray_r")
axes[0].set_title(f"a {test_y[3]}")
axes[0].axis("off")
nn.plot.feature_maps(model, picture_of_a_digit, "1", axes[1]);

# %% [markdown]
# On the left the digit, on the right the eight maps: the bluer, the stronger the answer. Each kernel finds its own
# parts of the same digit. The last map, below, is strong in the middle of the thick stroke, and the one to its left
# only along the outer edges.
#
# ## Shifted
#
# **Before you run it:** the digits of the examination, once as they are and once shifted by a pixel to the right. In
# the last lesson the accuracy fell from 98 % to 49 %. And now?

# %% long
shifted = np.pad(test_x[..., :-1], ((0, 0), (0, 0), (0, 0), (1, 0)))  # zeros on the left
print(f"as they are:          {trainer.evaluate((test_x, test_y))['accuracy']:.0%}")
print(f"shifted by one pixel: {trainer.evaluate((shifted, test_y))['accuracy']:.0%}")

# %% [markdown]
# As good as the MLP on the digits as they are, with little more than half the parameters, and far better on shifted
# ones. A kernel that finds an edge finds it one pixel further to the right as well. It is not perfect: the windows of
# the pooling lie elsewhere on a shifted digit, and the frame of zeros is nearer.
#
# ## Where it looks
#
# The gradient can also say which part of a picture speaks for an answer. For each map of a layer, take the mean of the
# derivatives of the score by its numbers: how much that map counts. Add up the maps with these weights, and keep what
# is above 0. This is called **Grad-CAM**.

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
for ax, digit in zip(axes, (0, 4, 7)):
    nn.plot.grad_cam(model, test_x[np.flatnonzero(test_y == digit)[0]], "1", target=digit, ax=ax)

# %% [markdown]
# Three digits, 0, 4 and 7; their ink is white here, on grey paper. The bluer a place, the more it speaks for that
# digit: for the 0 its round left side, for the 4 what lies to the right of its foot, for the 7 its bar at the top. Be
# careful with such pictures: they show what *this* network used, and not what makes a 7 a 7.
#
# ## What you know now
#
# - A convolution is one small weighted sum, made at every place with the same weights.
# - Pooling keeps the largest number of a window, and makes the exact place matter less.
# - Kernels are learned, and not chosen. Their grads are sums over all places.
# - Few parameters, and shapes are found wherever they are.
#
# [Next: sequences.](19_sequences.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: one place 3, the photograph 3, writing it 7, a layer and pooling 5, training and filters 4, where it looks
# 3.
#
# ## What to watch for
#
# - In 18.2 the number of places is the hard part. Let them count on squared paper: a 3 in an 8.
# - Mathematicians flip the kernel before they slide it, and call what we do cross-correlation. Networks learn their
#   kernels, so it makes no difference; all libraries leave it out.
# - "Pooling makes it independent of shifts": the last but one experiment shows how far that is true.
#
# ## Questions for an examination
#
# 1. An image of 28 × 28 and a kernel of 5 × 5 without padding: how large is the map? And after `MaxPool2d(2)`?
# 2. How many parameters has `nn.Conv2d(3, 16, 5)`? How many would a fully connected layer between the same numbers
#    have?
# 3. Write down a kernel that answers to bright single points.
# 4. Why is the grad of a kernel's weight a sum over all places?
